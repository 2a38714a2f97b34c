"""Every query of outreach: plain functions that take a session, or the driver's pool for hot reads."""
