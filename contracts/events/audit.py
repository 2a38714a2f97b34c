"""Audited acts. Every service publishes them through its own outbox, so that act and entry commit together."""

from typing import ClassVar
from uuid import UUID

from pydantic import Field

from contracts.events.base import Code, Event, Subject
from contracts.values import Outcome, Purpose


class Audited(Event):
    """Somebody did, or was refused, something that must be answerable later. Codes, ids and numbers only."""

    act_id: UUID
    actor: Subject
    roles: tuple[Code, ...] = ()
    act: Code
    customer_id: UUID | None = None
    purpose: Purpose
    outcome: Outcome = Outcome.DONE
    rule: Code | None = None
    request_id: Code | None = None
    details: dict[Code, int | Code] = Field(default_factory=dict)


class ProfileAudited(Audited):
    """An audited act of `profile`."""

    type: ClassVar[str] = "profile.audit.recorded.v1"
    key: ClassVar[str] = "act_id"


class TieringAudited(Audited):
    """An audited act of `tiering`."""

    type: ClassVar[str] = "tiering.audit.recorded.v1"
    key: ClassVar[str] = "act_id"


class OutreachAudited(Audited):
    """An audited act of `outreach`."""

    type: ClassVar[str] = "outreach.audit.recorded.v1"
    key: ClassVar[str] = "act_id"


class ComplianceAudited(Audited):
    """An audited act of `compliance`."""

    type: ClassVar[str] = "compliance.audit.recorded.v1"
    key: ClassVar[str] = "act_id"


class ReferralAudited(Audited):
    """An audited act of `referral`."""

    type: ClassVar[str] = "referral.audit.recorded.v1"
    key: ClassVar[str] = "act_id"


class GatewayAudited(Audited):
    """An audited act of the gateway, refused access included."""

    type: ClassVar[str] = "gateway.audit.recorded.v1"
    key: ClassVar[str] = "act_id"


AUDITED: dict[str, type[Audited]] = {
    event.service(): event
    for event in (ProfileAudited, TieringAudited, OutreachAudited, ComplianceAudited, ReferralAudited, GatewayAudited)
}
"""The audit event of each service."""
