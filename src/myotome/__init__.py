"""Myotome: the clinical system for clinics that treat with Intramuscular Stimulation (IMS) and with acupuncture.

Floors, from the ground up: vocabulary, knowledge, science; the siblings exchange, registry, refit, anatomy; then
clinic (rows, queries, actions), the faces (pages, fhir_api, cli) and website. A module imports only from the floors
below its own.

Every process that imports anything of Myotome goes by the zone data that came with it, not by the machine's: two
processes of one clinic never disagree on what nine o'clock is. PYTHONTZPATH, where it is set, still decides.
"""

import os
import zoneinfo

if "PYTHONTZPATH" not in os.environ:
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()
