"""Intake questions and red flags as versioned content."""
