"""What a team does next, and who: sprint proposals, their odds, and suggested assignees. Scores come from elsewhere."""
