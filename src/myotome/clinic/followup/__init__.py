"""Measures, forecasts, what was shared, discharge."""
