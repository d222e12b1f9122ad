"""Clinics, places, rooms, staff, patients, and who may see whom."""
