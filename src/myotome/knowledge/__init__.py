"""Sourced clinical tables and their loaders: data, never logic; versioned; every row has a source key."""
