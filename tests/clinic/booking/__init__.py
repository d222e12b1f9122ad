"""Booking on both databases."""
