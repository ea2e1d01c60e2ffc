"""How full teams were and will be, and what it costs where they are short; people are in `forecasts/person_load`."""
