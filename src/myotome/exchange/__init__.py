"""Values to the world's formats and back."""
