"""Appointments as iCalendar, and invitations for mail."""
