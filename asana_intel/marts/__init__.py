"""Stage 3: the SQL models of dbt_like_sql, run in DuckDB and held to their contracts."""
