"""The pair of servers that a suite needs, started and stopped together."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from steward.embedded.nats import Nats
from steward.embedded.postgres import Postgres


class EmbeddedServers:
    """PostgreSQL and NATS under one folder, e.g. `.steward/`."""

    def __init__(self, folder: Path, *, durable: bool = True, nats_accounts: int = 0) -> None:
        self.folder = folder.resolve()
        self.postgres = Postgres(self.folder / "postgres", durable=durable)
        self.nats = Nats(self.folder / "nats", durable=durable, accounts=nats_accounts)

    def start(self) -> None:
        """Both at once; what runs already is taken over as it is."""
        with ThreadPoolExecutor(2) as pool:
            for started in [pool.submit(self.postgres.start), pool.submit(self.nats.start)]:
                started.result()

    def stop(self) -> bool:
        """Both at once; False if neither was running."""
        with ThreadPoolExecutor(2) as pool:
            postgres, nats = pool.submit(self.postgres.stop), pool.submit(self.nats.stop)
            return postgres.result() | nats.result()

    def destroy(self) -> None:
        """Stop both and delete what they stored."""
        self.postgres.destroy()
        self.nats.destroy()
