"""Receipts as PDF. Nothing has filled this yet."""
