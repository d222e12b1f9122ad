"""HTTP face of `exchange.fhir`. Nothing has filled this floor yet."""
