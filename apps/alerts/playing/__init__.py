"""Plays written cases (`alert-case/1`) through the engine and says where it differs from what they expect."""
