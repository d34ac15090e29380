"""Does a stored secret really work, and if not, why."""
