"""Sourced clinical tables and their loaders: data, never logic; versioned; every row has a source key.

Each package below holds its data as CSV, TOML or JSON beside a loader that validates all of it on first use and
raises `BadTable` with file, row and reason. Content from memory carries "awaiting clinical sign-off" (`SIGN_OFF`).
Changing a number here is a commit that raises `KNOWLEDGE_VERSION` and re-runs `validation/`.
"""

KNOWLEDGE_VERSION = "2026.11.7"
"""Version of all tables together: year and month of the last change of content."""

SIGN_OFF = "awaiting clinical sign-off"
"""Said beside every row that no licensed clinician has signed yet."""
