"""STOP, ASK and NOTE rules about the patient."""
