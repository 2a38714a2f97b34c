"""One customer at a glance: five services asked at once, their answers put side by side as they came."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from contracts.values import Scope
from gateway.access import Access, Admission
from gateway.calls import Answer, Calls, PeerFailed
from gateway.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the overview: who is asked what, under which scope. `{}` in the path stands for the customer."""

    name: str
    service: str
    path: str
    scope: Scope


SECTIONS = (
    Section("profile", "profile", "/v1/customers/{}", Scope.PROFILE_READ),
    Section("tier", "tiering", "/v1/customers/{}/tier", Scope.TIER_READ),
    Section("plan", "outreach", "/v1/customers/{}/plan", Scope.PLAN_READ),
    Section("audit", "compliance", "/v1/customers/{}/audit?limit=5", Scope.AUDIT_READ),
    Section("referral", "referral", "/v1/customers/{}/points", Scope.REFERRAL_READ),
)


class Overview:
    """Gathers the sections that the caller's role sees (`overview` in the access policy)."""

    def __init__(self, calls: Calls, access: Access, *, deadline_seconds: float) -> None:
        self._calls = calls
        self._access = access
        self._deadline = deadline_seconds

    async def answer(self, exchange: Exchange, admission: Admission, customer_id: UUID) -> None:
        """Send the overview. What is not there in time, or with an error, is named under `missing` with its reason."""
        shown = self._shown(admission)
        found = await asyncio.gather(*(self._ask(exchange, admission, section, customer_id) for section in shown))
        await exchange.answer(_join(customer_id, shown, found))

    def _shown(self, admission: Admission) -> list[Section]:
        policy = self._access.policy.roles
        names = {name for role in admission.grant.roles for name in policy[role].overview}
        return [section for section in SECTIONS if section.name in names]

    async def _ask(
        self, exchange: Exchange, admission: Admission, section: Section, customer_id: UUID
    ) -> bytes | dict[str, object]:
        """The section's JSON as it came, or why it is missing."""
        authorization = self._access.authorization(admission, audience=section.service, scope=section.scope)
        try:
            answer = await self._calls.ask(
                section.service,
                "GET",
                section.path.format(customer_id),
                headers=exchange.onward(authorization),
                deadline_seconds=self._deadline,
            )
        except PeerFailed as failed:
            return {"section": section.name, "service": section.service, "reason": failed.rule}
        if answer.status == 200 and answer.is_json:
            return answer.body
        return {
            "section": section.name,
            "service": section.service,
            "reason": _reason(answer),
            "status": answer.status,
        }


def _reason(answer: Answer) -> str:
    """The rule that the service names in its problem, where it names one."""
    try:
        rule = orjson.loads(answer.body).get("rule")
    except (orjson.JSONDecodeError, AttributeError):
        rule = None
    return rule if isinstance(rule, str) else "unexpected-answer"


def _join(customer_id: UUID, shown: Sequence[Section], found: Sequence[bytes | dict[str, object]]) -> bytes:
    """The JSON object of all sections; answers are put in as bytes, never read."""
    missing = [part for part in found if not isinstance(part, bytes)]
    complete = b"false" if missing else b"true"
    parts = [b'{"customer_id":"', str(customer_id).encode(), b'","complete":', complete]
    for section, part in zip(shown, found, strict=True):
        parts += [b',"', section.name.encode(), b'":', part if isinstance(part, bytes) else b"null"]
    return b"".join([*parts, b',"missing":', orjson.dumps(missing), b"}"])
