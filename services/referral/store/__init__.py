"""Every query of `referral`: plain functions that take a session."""
