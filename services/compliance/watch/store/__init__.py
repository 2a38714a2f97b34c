"""Queries of the watch, by what they are about."""
