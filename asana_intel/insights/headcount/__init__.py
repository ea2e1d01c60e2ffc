"""How many people the coming quarters need, role by role, and how new people begin; nobody is judged."""
