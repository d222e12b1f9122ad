"""Which safety questions apply, what an answer means, and a suitability summary with its reasons."""
