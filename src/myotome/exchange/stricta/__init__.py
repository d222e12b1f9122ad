"""STRICTA tables from charted courses. Nothing has filled this yet."""
