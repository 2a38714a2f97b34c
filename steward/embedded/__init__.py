"""PostgreSQL and NATS from their wheels, running under one state folder; for development, demos and tests.

Both servers outlive the process that started them (also when it is killed), and the next start takes them over as they are.
Stopping is therefore always explicit: `EmbeddedServers.stop()`, which is what `steward up` does at its end and `steward down`
does for leftovers. PostgreSQL trusts whoever can reach its socket, and its folder lets only the owner in: never use this
for a bank's real data.
"""

from steward.embedded.nats import Nats
from steward.embedded.postgres import Postgres, provision
from steward.embedded.process import ServerFailed
from steward.embedded.servers import EmbeddedServers

__all__ = ["EmbeddedServers", "Nats", "Postgres", "ServerFailed", "provision"]
