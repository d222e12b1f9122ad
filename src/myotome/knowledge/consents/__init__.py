"""Consent texts, versioned."""
