"""Totals and rates for the owner."""
