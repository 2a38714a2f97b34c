"""Writing and approving policy documents: by one person, approved by another, never changed once published."""

from datetime import date, datetime

from chassis.audit import audit
from chassis.auth import Capability
from chassis.database import Session
from contracts.values import RuleBroken
from services.compliance.documents import store
from services.compliance.documents.kinds import KINDS, Document, DocumentUnknown

ALWAYS = date(1990, 1, 1)
"""Effective date of the documents that come with the service: before any sale they are asked about."""


class DocumentIsPublished(RuleBroken):
    """A published version is final."""

    rule = "policy-document-is-published"
    fix = "Draft a new version."


class ApproverDrafted(RuleBroken):
    """Who wrote a document cannot approve it."""

    rule = "policy-document-approver-drafted"
    fix = "Ask another person to approve it."


class DocumentReachesBack(RuleBroken):
    """A document takes effect today or later, never in the past."""

    rule = "policy-document-reaches-back"
    fix = "Set effective_from to today or a later day (Asia/Shanghai)."


async def draft(
    session: Session, *, caller: Capability, kind: str, document: Document, effective_from: date, now: datetime, today: date
) -> int:
    """Check a document and keep it as a draft. Returns its version.

    Raises `DocumentUnknown`, `DocumentMalformed`, `DocumentReachesBack`.
    """
    KINDS.parse(kind, document)
    if effective_from < today:
        raise DocumentReachesBack(f"{effective_from} is past", field="body.effective_from")
    version = await store.add(
        session, kind=kind, document=document, effective_from=effective_from, drafted_by=caller.subject, now=now
    )
    await _noted(session, caller, "policy_document.drafted", kind=kind, version=version)
    return version


async def approve(session: Session, *, caller: Capability, kind: str, version: int, now: datetime, today: date) -> None:
    """Publish a draft of somebody else's.

    Raises `DocumentUnknown`, `DocumentIsPublished`, `ApproverDrafted`, `DocumentReachesBack`, `DocumentMalformed`.
    """
    row = await store.version_of(session, kind=kind, version=version, lock=True)
    document = await store.document_of(session, kind=kind, version=version)
    if row is None or document is None:
        raise DocumentUnknown("there is no such version", field="path.version")
    if row["status"] == "published":
        raise DocumentIsPublished(f"version {version} is published")
    if row["drafted_by"] == caller.subject:
        raise ApproverDrafted(f"version {version} was drafted by the same person")
    if row["effective_from"] < today:
        raise DocumentReachesBack(f"version {version} would take effect on {row['effective_from']}", field="effective_from")
    KINDS.parse(kind, document)
    await store.publish(session, kind=kind, version=version, approved_by=caller.subject, now=now)
    await _noted(session, caller, "policy_document.approved", kind=kind, version=version)


async def seed(session: Session, *, now: datetime) -> list[str]:
    """Publish what comes with the service for kinds that have nothing. Returns these kinds.

    No act of a person, so it has no entry in the audit log: the versions themselves say by what they came, and are final.
    Raises `DocumentMalformed`: a service whose policies are wrong does not come up.
    """
    missing = await store.missing(session, KINDS.names)
    for kind in missing:
        document = KINDS.shipped(kind)
        KINDS.parse(kind, document)
        version = await store.add(session, kind=kind, document=document, effective_from=ALWAYS, drafted_by="steward", now=now)
        await store.publish(session, kind=kind, version=version, approved_by="handbook", now=now)
    return missing


async def current(session: Session, *, kind: str, day: date) -> tuple[int, object]:
    """The version in force on a day, and the document typed by its kind. Raises `DocumentUnknown`."""
    found = await store.in_force(session, kind=kind, day=day)
    if found is None:
        raise DocumentUnknown("nothing of this kind is in force", field="path.kind")
    version, document = found
    return version, KINDS.parse(kind, document)


async def typed(session: Session, *, kind: str, version: int) -> object:
    """The document of one version, typed by its kind. Raises `DocumentUnknown`."""
    document = await store.document_of(session, kind=kind, version=version)
    if document is None:
        raise DocumentUnknown("there is no such version", field="path.version")
    return KINDS.parse(kind, document)


async def _noted(session: Session, caller: Capability, act: str, *, kind: str, version: int) -> None:
    await audit(session, caller=caller, act=act, details={"kind": kind, "version": version})
