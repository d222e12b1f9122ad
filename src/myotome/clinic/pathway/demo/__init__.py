"""The synthetic clinic: courses sampled from the recovery model, rows written in bulk.

The same number of patients, seed and day give the same clinic. Values pass the same checks and constraints as any
other row; the audit holds one event for each batch. No patient here is a person.
"""

from myotome.clinic.pathway.demo.fill import fill_clinic

__all__ = ["fill_clinic"]
