"""The audit log over HTTP, through the gateway."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from steward.failures import Failure

ANSWER_SECONDS = 30.0


class LogUnreachable(Failure):
    """The log did not answer, or not as a log does. Nothing follows about its entries."""


@dataclass(frozen=True, slots=True)
class LogClient:
    """One connection to the log."""

    http: httpx.AsyncClient

    @classmethod
    @asynccontextmanager
    async def connected(cls, url: str, token: str) -> AsyncIterator["LogClient"]:
        """To the gateway at `url`, with a token that holds audit.read (and audit.export for exports)."""
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=ANSWER_SECONDS) as http:
            yield cls(http)

    async def latest(self) -> str:
        """The latest checkpoint, a signed note."""
        return (await self._get("/v1/audit/checkpoint")).text

    async def sign(self) -> str:
        """A checkpoint over everything that there is now, a signed note."""
        return str(_json(await self._ask("POST", "/v1/audit/checkpoints"))["note"])

    async def successions(self) -> list[str]:
        """The notes by which each key of the log vouches for the next."""
        return [str(note) for note in _json(await self._get("/v1/audit/keys"))["successions"]]

    async def consistency(self, first: int, second: int) -> list[bytes]:
        """The hashes of a consistency proof."""
        answer = await self._get("/v1/audit/proofs/consistency", {"first": first, "second": second})
        try:
            return [bytes.fromhex(one) for one in _json(answer)["proof"]]
        except (ValueError, TypeError):
            raise LogUnreachable("the log's proof is not one of hashes") from None

    async def differing(self) -> list[tuple[int, list[str]]]:
        """Positions at which a search column says something else than the signed bytes, with the columns."""
        found: list[tuple[int, list[str]]] = []
        first: int | None = 0
        while first is not None:
            part = _json(await self._get("/v1/audit/checks", {"first": first}))
            found += [(one["position"], one["columns"]) for one in part["differing"]]
            first = part["next"]
        return found

    async def prune(self) -> int:
        """Let the log remove the bodies of entries whose retention is over; how many there were."""
        pruned, first = 0, 0
        while True:
            told = _json(await self._ask("POST", "/v1/audit/prunes", json={"first": first}))
            pruned += int(told["entries"])
            if told["next"] is None:
                return pruned
            first = int(told["next"])

    async def export(self, to: Path) -> None:
        """The whole log as a bundle, into a file."""
        try:
            async with self.http.stream("GET", "/v1/audit/export") as answer:
                _check(answer)
                with to.open("wb") as file:
                    async for chunk in answer.aiter_bytes():
                        file.write(chunk)
        except httpx.HTTPError as error:
            raise LogUnreachable(f"the export broke off ({type(error).__name__})") from None

    async def _get(self, path: str, query: Mapping[str, int] | None = None) -> httpx.Response:
        return await self._ask("GET", path, query)

    async def _ask(
        self, method: str, path: str, query: Mapping[str, int] | None = None, json: Mapping[str, int] | None = None
    ) -> httpx.Response:
        try:
            answer = await self.http.request(method, path, params=query, json=json)
            _check(answer)
        except httpx.HTTPError as error:
            raise LogUnreachable(f"the log could not be reached ({type(error).__name__})") from None
        return answer


def _check(answer: httpx.Response) -> None:
    if answer.status_code != httpx.codes.OK:
        raise LogUnreachable(f"the log answered {answer.status_code} to {answer.request.url.path}")


def _json(answer: httpx.Response) -> dict[str, Any]:  # Any: JSON from outside
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict) or not ({"note", "successions", "proof", "next"} & found.keys()):
        raise LogUnreachable("the log's answer is not one of a log")
    return found
