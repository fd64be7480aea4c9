"""The alert engine: what is wrong, who is told, and when it is over. Pure: no Django, no clock, no rows."""
