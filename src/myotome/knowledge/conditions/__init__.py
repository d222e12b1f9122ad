"""Common complaints and the muscles usually shortened."""
