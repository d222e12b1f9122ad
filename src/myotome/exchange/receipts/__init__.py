"""What a receipt or a refund says, as a value that is kept word for word, and back."""
