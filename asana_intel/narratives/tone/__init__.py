"""Signals from comments, by team and project only: their tone, and how urgent the work is; nothing about a person."""
