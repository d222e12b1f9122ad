"""Priors and stored draws of the recovery model."""
