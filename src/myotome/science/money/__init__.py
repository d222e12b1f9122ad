"""Arithmetic of the desk's money, in whole cents."""
