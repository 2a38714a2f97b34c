"""Writing and approving tier policies: by one person, approved by another, never changed once published."""

import asyncio
from datetime import date, datetime
from importlib import resources
from typing import Any

import asyncpg

from chassis.audit import audit
from chassis.auth import Capability
from chassis.database import Session
from contracts.values import RuleBroken
from services.tiering import policy_store
from services.tiering.actions.finding import PolicyUnknown
from services.tiering.actions.runs import request_run
from services.tiering.book import decode
from services.tiering.comparing import Difference, differences
from services.tiering.document import digest, parse
from services.tiering.policy_store import Draft
from services.tiering.publishing import check

ALWAYS = date(1990, 1, 1)
"""Effective date of the policies that come with the service: before any data they are asked about."""

DEFAULTS = ("default.cny.json", "default.czk.json")


class PolicyIsPublished(RuleBroken):
    """A published policy is final."""

    rule = "policy-is-published"
    fix = "Draft a new version."


class PolicyIsClosed(RuleBroken):
    """The draft was withdrawn or rejected."""

    rule = "policy-is-closed"
    fix = "Draft a new version."


class PolicyOfSomebodyElse(RuleBroken):
    """A draft is withdrawn by who wrote it; others reject it."""

    rule = "policy-of-somebody-else"
    fix = "Reject it, with the reason."


class PolicyApproverDrafted(RuleBroken):
    """Who wrote a policy can neither approve nor reject it."""

    rule = "policy-approver-drafted"
    fix = "Ask another person, or withdraw it."


class PolicyReachesBack(RuleBroken):
    """A policy takes effect today or later, never in the past."""

    rule = "policy-reaches-back"
    fix = "Set effective_from to today or a later day (Asia/Shanghai)."


async def draft_policy(
    session: Session,
    *,
    caller: Capability,
    document: dict[str, Any],  # Any: the JSON document as it was sent
    effective_from: date,
    now: datetime,
    today: date,
) -> int:
    """Check a policy and keep it as a draft. Returns its version.

    Raises `PolicyReachesBack` and the errors of `document` and `publishing`.
    """
    if effective_from < today:
        raise PolicyReachesBack(f"{effective_from} is past", field="body.effective_from")
    return await _draft(session, caller=caller, document=document, effective_from=effective_from, now=now)


async def _draft(
    session: Session, *, caller: Capability | str, document: dict[str, Any], effective_from: date, now: datetime
) -> int:  # Any: as in `draft_policy`
    parsed = parse(document)
    await asyncio.to_thread(check, parsed, document)
    draft = Draft(parsed.currency, effective_from, document, digest(document), _name(caller))
    version = await policy_store.add(session, draft, now=now)
    await _noted(session, caller, "policy.drafted", version=version, mark=draft.digest)
    return version


async def approve_policy(session: Session, *, caller: Capability, version: int, now: datetime, today: date) -> None:
    """Publish a draft of somebody else's; where it takes effect today, everybody is decided about again.

    Raises `PolicyUnknown`, `PolicyIsPublished`, `PolicyIsClosed`, `PolicyApproverDrafted`, `PolicyReachesBack`, and the errors
    of `publishing`.
    """
    row = await _open_draft(session, version)
    if row["drafted_by"] == _name(caller):
        raise PolicyApproverDrafted(f"policy {version} was drafted by the same person")
    if row["effective_from"] < today:
        raise PolicyReachesBack(f"policy {version} would take effect on {row['effective_from']}", field="effective_from")
    await _publish(session, caller=caller, version=version, mark=row["digest"], now=now)
    if row["effective_from"] == today:
        await request_run(session, kind="policy", requested_by=_name(caller), now=now, today=today)


async def reject_policy(session: Session, *, caller: Capability, version: int, because: str, now: datetime) -> None:
    """Refuse a draft of somebody else's, with the reason. Raises as `approve_policy`, without the checks of the document."""
    row = await _open_draft(session, version)
    if row["drafted_by"] == _name(caller):
        raise PolicyApproverDrafted(f"policy {version} was drafted by the same person")
    await policy_store.close(session, version, status="rejected", by=_name(caller), because=because, now=now)
    await _noted(session, caller, "policy.rejected", version=version, mark=row["digest"])


async def withdraw_policy(session: Session, *, caller: Capability, version: int, now: datetime) -> None:
    """Take one's own draft back. Raises `PolicyUnknown`, `PolicyIsPublished`, `PolicyIsClosed`, `PolicyOfSomebodyElse`."""
    row = await _open_draft(session, version)
    if row["drafted_by"] != _name(caller):
        raise PolicyOfSomebodyElse(f"policy {version} was drafted by another person")
    await policy_store.close(session, version, status="withdrawn", by=_name(caller), because=None, now=now)
    await _noted(session, caller, "policy.withdrawn", version=version, mark=row["digest"])


async def _open_draft(session: Session, version: int) -> asyncpg.Record:
    row = await policy_store.version_of(session, version, lock=True)
    if row is None:
        raise PolicyUnknown(f"there is no policy {version}", field="path.version")
    if row["status"] == "published":
        raise PolicyIsPublished(f"policy {version} is published")
    if row["status"] != "draft":
        raise PolicyIsClosed(f"policy {version} is {row['status']}")
    return row


async def compare_policies(session: Session, *, version: int, against: int) -> list[Difference]:
    """What version `version` changes in `against`. Raises `PolicyUnknown`."""
    before, after = [parse(await _document(session, one)) for one in (against, version)]
    return differences(before, after)


async def _publish(session: Session, *, caller: Capability | str, version: int, mark: str, now: datetime) -> None:
    document = await _document(session, version)
    await asyncio.to_thread(check, parse(document), document)
    await policy_store.publish(session, version, approved_by=_name(caller), now=now)
    await _noted(session, caller, "policy.approved", version=version, mark=mark)


async def _document(session: Session, version: int) -> dict[str, Any]:  # Any: a JSON document
    row = await policy_store.document_of(session, version)
    if row is None:
        raise PolicyUnknown(f"there is no policy {version}", field="path.version")
    return decode(row["document"])


async def seed_policies(session: Session, *, now: datetime) -> list[int]:
    """Publish the policies that come with the service for currencies that have none. Returns their versions."""
    have = await policy_store.currencies(session)
    seeded = []
    for name in DEFAULTS:
        document = decode(resources.files("services.tiering").joinpath(f"policies/{name}").read_bytes())
        if document["currency"] in have:
            continue
        version = await _draft(session, caller="steward", document=document, effective_from=ALWAYS, now=now)
        await _publish(session, caller="handbook", version=version, mark=digest(document), now=now)
        seeded.append(version)
    return seeded


def _name(caller: Capability | str) -> str:
    return caller if isinstance(caller, str) else caller.subject


async def _noted(session: Session, caller: Capability | str, act: str, *, version: int, mark: str) -> None:
    details: dict[str, int | str] = {"version": version, "digest": mark}
    await audit(session, caller=caller, act=act, details=details)
