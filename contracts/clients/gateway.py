"""The suite through its one door."""

from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar
from uuid import UUID

import httpx
from pydantic import BaseModel, ValidationError

from contracts.desk import (
    CaseIn,
    CaseOut,
    CaseRow,
    ClosingIn,
    MeOut,
    OverviewOut,
    ProposalIn,
    SectionIn,
    StaffBatchIn,
    StaffBatchOut,
    StaffIn,
    StaffOut,
)
from contracts.http import Problem
from contracts.values import Department, Purpose

Json: TypeAlias = dict[str, Any]
"""An answer of a service behind the door; Any: its shape is in the suite's OpenAPI document."""

M = TypeVar("M", bound=BaseModel)

_MOST_PAGES = 10_000


class Refused(Exception):
    """The suite answered with a problem; its rule is stable, its `fix` says what to do."""

    def __init__(self, problem: Problem, *, retry_after: int | None = None) -> None:
        super().__init__(f"{problem.status} {problem.rule}")
        self.problem = problem
        self.retry_after = retry_after

    @property
    def rule(self) -> str:
        """The broken rule."""
        return self.problem.rule


class GatewayClient:
    """Every method raises `Refused` for a problem answer, and httpx.HTTPError where there is no answer at all."""

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        purpose: Purpose | None = None,
        timeout_seconds: float = 30,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if purpose is not None:
            headers["X-Purpose"] = purpose.value
        self._http = httpx.AsyncClient(base_url=base_url, headers=headers, timeout=timeout_seconds, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._http.aclose()

    async def me(self) -> MeOut:
        """Who the token stands for, and what it may do."""
        return await self._read("/v1/me", MeOut)

    async def overview(self, customer_id: UUID) -> OverviewOut:
        """A customer at a glance; what is missing is named."""
        return await self._read(f"/v1/customers/{customer_id}/overview", OverviewOut)

    async def get(self, path: str, **query: str | int) -> Json:
        """Any declared read of the suite, such as `/v1/summary/tiers`."""
        found: Json = (await self._send("GET", path, query=query)).json()
        return found

    async def post(self, path: str, body: Mapping[str, object], *, key: str | None = None) -> Json:
        """Any declared POST of the suite; `key` is the Idempotency-Key."""
        headers = {"Idempotency-Key": key} if key else {}
        answer = await self._send("POST", path, headers=headers, body=dict(body))
        found: Json = answer.json() if answer.content else {}
        return found

    async def put_staff(self, people: Sequence[StaffIn]) -> StaffBatchOut:
        """Add and correct people of the staff directory, at most 1,000."""
        return await self._write("/v1/staff", StaffBatchIn(items=list(people)), StaffBatchOut)

    def staff(self) -> AsyncIterator[StaffOut]:
        """The staff directory within reach."""
        return self._pages("/v1/staff", StaffOut)

    async def open_case(self, customer_id: UUID, cause: str, *, key: str | None = None) -> CaseOut:
        """Open a case for a need that crosses departments (H19)."""
        return await self._write("/v1/cases", CaseIn(customer_id=customer_id, cause=cause), CaseOut, key=key)

    def cases(self, **query: str) -> AsyncIterator[CaseRow]:
        """Cases within reach, the newest first; `state="unstaffed"` and so on."""
        return self._pages("/v1/cases", CaseRow, **query)

    async def case(self, case_id: UUID) -> CaseOut:
        """A case with its team, sections and steps."""
        return await self._read(f"/v1/cases/{case_id}", CaseOut)

    async def hand_in(self, case_id: UUID, department: Department, text: str) -> CaseOut:
        """Hand in a department's section."""
        return await self._write(f"/v1/cases/{case_id}/sections", SectionIn(department=department, text=text), CaseOut)

    async def deliver(self, case_id: UUID, text: str) -> CaseOut:
        """Deliver the integrated proposal, as its lead."""
        return await self._write(f"/v1/cases/{case_id}/proposal", ProposalIn(text=text), CaseOut)

    async def close_case(self, case_id: UUID, closing: ClosingIn) -> CaseOut:
        """End a case."""
        return await self._write(f"/v1/cases/{case_id}/closing", closing, CaseOut)

    async def _pages(self, path: str, model: type[M], **query: str) -> AsyncIterator[M]:
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            page = await self.get(path, **{**query, **({"cursor": cursor} if cursor else {})})
            for item in page["items"]:
                yield model.model_validate(item)
            cursor = page["next"]
            if cursor is None:
                return

    async def _read(self, path: str, model: type[M]) -> M:
        return model.model_validate_json((await self._send("GET", path)).content)

    async def _write(self, path: str, body: BaseModel, model: type[M], *, key: str | None = None) -> M:
        headers = {"Idempotency-Key": key} if key else {}
        answer = await self._send("POST", path, headers=headers, body=body.model_dump(mode="json"))
        return model.model_validate_json(answer.content)

    async def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        body: object = None,
    ) -> httpx.Response:
        answer = await self._http.request(method, path, params=dict(query or {}), headers=dict(headers or {}), json=body)
        if answer.is_error:
            raise _refused(answer)
        return answer


def _refused(answer: httpx.Response) -> Refused:
    """The problem in an answer; one that says so where the answer holds none."""
    try:
        problem = Problem.model_validate_json(answer.content)
    except ValidationError:
        rule = "unexpected-answer"
        problem = Problem(type=f"urn:steward:problem:{rule}", title="No problem details", status=answer.status_code, rule=rule)
    retry_after = answer.headers.get("Retry-After", "")
    return Refused(problem, retry_after=int(retry_after) if retry_after.isdigit() else None)
