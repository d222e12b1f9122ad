"""Pure functions, values to values: no clock, no disk, no randomness that is not passed in."""
