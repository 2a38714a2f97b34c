"""What the audit log looks like over HTTP."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, Field

from contracts.values import Outcome
from services.compliance.store import Search

ServiceName: TypeAlias = Literal["profile", "tiering", "outreach", "compliance", "referral", "gateway"]
_Code: TypeAlias = Annotated[str | None, Query(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class EntryOut(BaseModel):
    """One audited act at its place in the log."""

    position: int = Field(description="Place in the log: 0, 1, 2, … without holes, in the order of recording.")
    event_id: UUID
    service: str
    act_id: UUID
    actor: str
    roles: list[str]
    act: str = Field(examples=["customer.read"])
    customer_id: UUID | None
    purpose: str
    outcome: str
    rule: str | None = Field(description="The rule that refused, for a refused act.")
    request_id: str | None
    details: dict[str, int | str]
    occurred_at: datetime
    recorded_at: datetime
    retention: str = Field(description="Class of the retention policy.", examples=["identity"])
    retain_until: datetime = Field(description="Up to then the entry is kept whole.")
    digest: str = Field(description="SHA-256 of 0x00 and the entry's canonical bytes (RFC 6962 leaf hash), in hex.")


class ActCount(BaseModel):
    """How often one service recorded one act."""

    act: str
    done: int
    refused: int
    last_at: datetime


class ServiceCount(BaseModel):
    """The acts of one service."""

    service: str
    entries: int
    acts: list[ActCount]


class AuditSummary(BaseModel):
    """The log in numbers."""

    entries: int
    services: list[ServiceCount]


class SearchQuery:
    """What to look for in the log; all conditions hold together."""

    def __init__(
        self,
        customer_id: UUID | None = None,
        actor: _Code = None,
        act: _Code = None,
        service: ServiceName | None = None,
        outcome: Outcome | None = None,
        start: Annotated[
            AwareDatetime | None, Query(alias="from", description="First moment of the acts, with time zone.")
        ] = None,
        end: Annotated[AwareDatetime | None, Query(alias="to", description="The moment that the acts are before.")] = None,
    ) -> None:
        self.search = Search(
            customer_id=customer_id, actor=actor, act=act, service=service, outcome=outcome, start=start, end=end
        )
