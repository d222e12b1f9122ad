"""Short messages: one method, whoever carries them."""
