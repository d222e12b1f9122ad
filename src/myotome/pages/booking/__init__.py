"""Pages of booking."""
