"""What each section of the page says: frames in, rows of text and drawings out. No markup templates here."""
