"""Inline SVG drawings: numbers in, markup out. Colours come from the page's style sheet, so dark mode holds."""
