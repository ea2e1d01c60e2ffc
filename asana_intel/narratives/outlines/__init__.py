"""What may be said, one module a kind of narrative: the claims, when they are true, and their words."""
