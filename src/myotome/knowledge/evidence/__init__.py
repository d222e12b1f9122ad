"""What is known and not known, for patients, with sources."""
