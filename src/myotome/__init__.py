"""Myotome: the clinical system for clinics that treat with Intramuscular Stimulation (IMS) and with acupuncture.

Floors, from the ground up: vocabulary, knowledge, science; the siblings exchange, registry, refit, anatomy; then
clinic (rows, queries, actions), the faces (pages, fhir_api, cli) and website. A module imports only from the floors
below its own.
"""
