"""Scores, and the forecast of recovery."""
