"""Offline fits of the recovery model, run as their own process. Nothing has filled this floor yet."""
