"""Free times by interval algebra over phases and resources."""
