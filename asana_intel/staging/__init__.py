"""Stage 2: typed, cleaned polars tables; rejected records go to quarantine with a reason."""
