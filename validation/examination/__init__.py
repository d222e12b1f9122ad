"""The examination against patients drawn from its own model, and from worlds that its model gets wrong.

These figures show that inference and the order of tests are right. They do not show that palpation finds roots.
"""
