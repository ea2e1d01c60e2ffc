"""Portfolios: when work can end, which project or goal comes first, and what a new initiative would do to the load."""
