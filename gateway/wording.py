"""What staff write for a customer is judged by compliance before it leaves (H23, H29), over HTTP with deadline and breaker."""

from typing import Annotated

from fastapi import Depends, Request
from joserfc.jwk import OKPKey

from chassis.auth import Capability, mint
from contracts.clients.compliance import SCAN, ScanQuestion, read_verdict
from contracts.values import Purpose, Reach, Role, RuleBroken, Scope
from gateway.calls import Calls, PeerFailed

_LIFE_SECONDS = 60


class WordingForbidden(RuleBroken):
    """The text says what no text of the bank may say: a promise of principal or return, cash back, a missing warning."""

    rule = "wording-forbidden"
    fix = "Change the places named in `detail`; POST /v1/scan tells clause and suggestion for each."


class WordingUnchecked(RuleBroken):
    """Compliance could not be asked, and nothing leaves unjudged."""

    rule = "wording-unchecked"
    fix = "Send it again shortly; a section can be kept meanwhile."


class Wording:
    """Asks compliance."""

    def __init__(self, calls: Calls, key: OKPKey, *, deadline_seconds: float) -> None:
        self._calls = calls
        self._key = key
        self._deadline_seconds = deadline_seconds

    async def check_draft(self, text: str, *, request_id: str | None) -> None:
        """A draft stays in the house: refused for what it says, not for compliance being away. Raises `WordingForbidden`."""
        try:
            await self._judge(text, "draft", request_id)
        except PeerFailed:
            return

    async def check_leaving(self, text: str, *, request_id: str | None) -> None:
        """A proposal goes to the customer: it leaves judged or not at all. Raises `WordingForbidden`, `WordingUnchecked`."""
        try:
            await self._judge(text, "proposal", request_id)
        except PeerFailed as failed:
            raise WordingUnchecked(failed.rule) from None

    async def _judge(self, text: str, kind: str, request_id: str | None) -> None:
        capability = Capability(
            subject="gateway",
            roles=(Role.SYSTEM,),
            scopes=frozenset({Scope.CONTENT_SCAN}),
            reach=Reach.ALL,
            purpose=Purpose.OPERATIONS,
        )
        headers = {
            "Authorization": "Bearer " + mint(self._key, capability, audience="compliance", seconds=_LIFE_SECONDS),
            "Content-Type": "application/json",
            **({"X-Request-ID": request_id} if request_id else {}),
        }
        body = ScanQuestion.of(text, kind).model_dump_json().encode()
        answer = await self._calls.ask(
            "compliance", "POST", SCAN, headers=headers, deadline_seconds=self._deadline_seconds, body=body
        )
        verdict = read_verdict(answer.body) if answer.status == 200 else None
        if verdict is None:
            raise PeerFailed(f"compliance answered {answer.status}")
        if not verdict.passes:
            raise WordingForbidden(", ".join(verdict.places()) or "incomplete", field="body.text")


async def _of_request(request: Request) -> Wording:
    found: Wording = request.app.state.wording
    return found


WordingDep = Annotated[Wording, Depends(_of_request)]
"""Asks compliance about texts."""
