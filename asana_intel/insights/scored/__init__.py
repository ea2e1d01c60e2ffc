"""Suggestions of past weeks against what came of them. Nothing is suggested here."""
