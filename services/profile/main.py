"""The composition root of the profile service."""
