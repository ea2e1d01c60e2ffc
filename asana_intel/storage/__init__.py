"""Where tables and operational state live: contracts, Delta tables, PostgreSQL, the IO manager."""
