"""Sandbox: a local server that plays a world as Asana's REST API would; no client and no product logic."""
