"""Acupuncture points by WHO code."""
