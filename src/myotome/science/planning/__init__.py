"""From ranked roots to muscles: which sites a plan proposes, by segment, paraspinals of the segment always among them."""
