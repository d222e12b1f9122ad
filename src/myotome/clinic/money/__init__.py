"""Money at the desk: what is owed, what was paid, what went back, and the day's end."""
