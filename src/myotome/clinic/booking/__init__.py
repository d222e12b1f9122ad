"""Services, working hours, appointments, and claims that cannot collide."""
