"""Outcomes across clinics without moving identities. Nothing has filled this floor yet."""
