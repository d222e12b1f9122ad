"""Who did or saw what: append-only events, written in the transaction they tell of."""
