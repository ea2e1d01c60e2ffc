"""Faults of the write path that need more than one part of it: a database, a server, a process, people, all at once.

A test names the fault it shows by `@pytest.mark.fault("F7")`; tests elsewhere do so, too.
"""
