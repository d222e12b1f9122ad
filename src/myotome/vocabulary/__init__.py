"""The words: frozen dataclasses and enums that every floor shares, and nothing beyond their own validity."""
