"""Which safety questions apply, what an answer means for booking, and reasons for the practitioner to weigh.

The safety rules are a lookup and a maximum, apart from every other model of the house: nothing weighs a flag against
anything, so nothing can outvote one.
"""
