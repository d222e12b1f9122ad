"""Pages in Chromium."""

PATIENCE_MS = 20_000
"""How long a page may take on a busy machine; a page that is slow is not at fault."""
