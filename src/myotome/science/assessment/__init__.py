"""Exact inference over spinal roots from what the hands found."""
