"""Muscles with nerve, roots and weights."""
