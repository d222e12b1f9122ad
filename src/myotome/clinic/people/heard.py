"""What later stages of care may hear of a patient, since this one knows none of them."""

from django.dispatch import Signal

contacts_changed = Signal()
"""Sent with `patient` and `at` in the transaction in which an address or a telephone number of hers was changed."""
