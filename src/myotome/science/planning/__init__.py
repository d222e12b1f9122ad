"""Muscles to treat, by segment, from the posterior."""
