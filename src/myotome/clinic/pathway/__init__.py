"""The only stage that knows the order of care: one function per clinical event."""
