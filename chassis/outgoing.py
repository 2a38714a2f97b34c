"""The one door for what leaves the house (H20): a call that is not on the allow-list is refused, audited and logged.

Calls between the suite's own parts do not leave the house and do not pass here.
"""

import logging
from collections.abc import Iterable, Mapping

import httpx

from chassis.audit import audit
from chassis.database import Database
from chassis.settings import ServiceSettings
from contracts.disclosure.destinations import DestinationNotAllowed, destinations
from contracts.values import Outcome

log = logging.getLogger(__name__)

_ACTOR = "outgoing"
_TIMEOUT_SECONDS = 5


class Outgoing:
    """Calls out, for a service with its settings and its database, where refusals are audited."""

    def __init__(self, settings: ServiceSettings, database: Database) -> None:
        self._settings = settings
        self._database = database

    async def get(self, name: str, url: str) -> httpx.Response:
        """Read from a destination; no redirect is followed. Raises `DestinationNotAllowed`, httpx.HTTPError."""
        await self.admit(name, url, {})
        async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, follow_redirects=False) as client:
            return await client.get(url)

    async def post(
        self, name: str, url: str, *, fields: Mapping[str, object], headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send a JSON object whose members the list names; no redirect is followed. Raises as `get` does."""
        await self.admit(name, url, fields)
        async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, follow_redirects=False) as client:
            return await client.post(url, json=dict(fields), headers=dict(headers or {}))

    async def admit(self, name: str, url: str, fields: Iterable[str]) -> None:
        """For callers with a client of their own. Raises `DestinationNotAllowed` unless these members may go there."""
        try:
            require(self._settings, name, url, fields)
        except DestinationNotAllowed as refused:
            log.warning("a call out was refused", extra={"rule": refused.rule, "reason": refused.detail})
            # In a transaction of its own: whatever the caller was doing, the refusal stays recorded.
            async with self._database.begin() as session:
                await audit(session, caller=_ACTOR, act=f"outgoing.{name}", outcome=Outcome.REFUSED, rule=refused.rule)
            raise


def require(settings: ServiceSettings, name: str, url: str, fields: Iterable[str] = ()) -> None:
    """Raises `DestinationNotAllowed` unless the list of this service lets these fields go to this place."""
    listed = destinations(settings.destinations)
    listed.require(name, url, fields=fields, settings=settings.model_dump(mode="json"))
