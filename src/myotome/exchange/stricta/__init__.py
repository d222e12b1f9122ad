"""Charted courses in the words of STRICTA 2010: a table, a text for a methods section, a data set with its dictionary."""
