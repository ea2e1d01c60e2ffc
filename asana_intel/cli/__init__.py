"""The command line; reads the clock and the settings, calls one function, prints the result."""
