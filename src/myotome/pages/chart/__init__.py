"""The patient's chart: the door to her courses, and break-glass where there is no care relation."""
