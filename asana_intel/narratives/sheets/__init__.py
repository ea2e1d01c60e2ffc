"""Fact sheets, one module a kind of narrative: frames in, facts out; no sentence is made here."""
