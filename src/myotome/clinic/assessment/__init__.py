"""The segmental examination: findings, her impression, and the roots to consider."""
