"""Pages of owner."""
