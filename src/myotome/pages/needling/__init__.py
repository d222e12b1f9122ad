"""Pages of needling."""
