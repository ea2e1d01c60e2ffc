"""Many writes while workers, the database, the network and people do their worst; what must hold is in verdict.py."""
