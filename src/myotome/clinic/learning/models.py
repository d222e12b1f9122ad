"""Rows of learning. The owner's totals are computed from the other stages; nothing is stored here yet."""
