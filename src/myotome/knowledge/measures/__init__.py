"""Outcome measures, their scoring and licence."""
