"""Plan, review, apply and revert: the only path by which anything reaches Asana."""
