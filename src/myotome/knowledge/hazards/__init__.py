"""What lies under a muscle or point that a needle must not reach."""
