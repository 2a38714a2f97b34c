"""`python -m steward.cli`, the same as `steward`."""

from steward.cli import app

app()
