"""The deterministic check that every narrative passes before it is published; nothing is written or repaired here."""
