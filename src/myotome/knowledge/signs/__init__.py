"""Segmental signs, their scales, sensitivity and specificity."""
