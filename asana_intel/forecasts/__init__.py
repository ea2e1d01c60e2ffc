"""Stage 4: odds of goals and hours of people, as of a date, and how past forecasts scored."""
