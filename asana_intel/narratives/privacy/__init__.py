"""What of a narrative may leave the house: stand-ins for names, redaction, marked comments; no prompt, no call."""
