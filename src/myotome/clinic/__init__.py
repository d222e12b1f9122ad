"""Django apps in care order: rows, queries, actions."""
