"""The visit: every needle in and out, adverse events, signing."""
