"""Exact reasoning over spinal roots: from findings to roots to consider, and to what to examine next.

Thirty roots a side are hidden states that are correlated along the cord. A muscle is sensitised by its roots through a
leaky noisy-OR; its signs depend on the muscle alone. Because a muscle touches few neighbouring roots, a sweep over the
cord with a window of a few roots gives every probability exactly (`cord`, `posterior`). `answer.consider_roots` is the
door: a plain mapping in, a plain mapping out. Ranked roots support a practitioner; they are not a diagnosis.
"""
