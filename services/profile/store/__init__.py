"""Every query of the profile service: plain functions that take a session."""
