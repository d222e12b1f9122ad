"""Counts of needles in and out, as values."""
