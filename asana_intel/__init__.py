"""asana-intel: forecasts for Asana goals and people, explained, scored and written back under review."""

__version__ = "0.1.0"
