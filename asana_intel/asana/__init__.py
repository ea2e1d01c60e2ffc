"""The Asana API client: session, pagination, rate limits, reader and writer. No product logic."""
