"""The smallest change that mends an overload: moves of tasks, the weeks before and after, and what no move mends."""
