"""What one event changes between two refreshes: a few tasks read, laid over the stored tables, scored again, told.

It spans stages as the jobs do. What is known of an event is a `Moment` (moment.py): the tables as they were, and as
they are with these tasks. Anything that must be checked at once is one more function of a moment.
"""
