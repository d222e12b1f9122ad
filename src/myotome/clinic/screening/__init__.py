"""Intake, safety answers, patient facts, and the course of care that begins with the first question."""
