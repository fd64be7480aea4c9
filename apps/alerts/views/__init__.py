"""Pages of alerts: what is open, silences, and what alerts were worth."""
