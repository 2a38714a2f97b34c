"""Failures that a person at the command line can do something about."""


class Failure(Exception):
    """What was asked for cannot be done; the message says why and what would help. Shown in a line, without traceback."""
