"""Forecasts of goals and load, and their scoring; reads marts, writes nothing outside its own tables."""
