"""The command line: one module for each group of commands, each a thin cover over library functions."""

from steward.cli import audit, bank, dead_letters, forget, keys, mask, migrate, replay, retier, running, status, token, wording
from steward.cli.common import app

__all__ = ["app"]

for group in (running, bank, token, status, dead_letters, replay, migrate, keys, forget, retier, audit, mask, wording):
    group.register(app)
