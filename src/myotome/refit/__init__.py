"""Offline fits of the recovery model to a clinic's own courses, run as their own process.

`courses` reads courses into arrays, `likelihood` is what they say about the parameters, `sampler` draws (NumPyro, the
extra `refit`), `gates` say whether the draws can be trusted, `result` is the file that a person accepts. Only `sampler`
loads JAX.
"""
