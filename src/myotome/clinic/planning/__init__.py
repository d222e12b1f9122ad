"""The plan: sites, series, price, and consent."""
