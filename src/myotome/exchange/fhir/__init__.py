"""FHIR R4 resources from values and back. Nothing has filled this yet."""
