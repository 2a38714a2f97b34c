"""HTTP to action: the retention policy, and removing what its time is over for."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from chassis.http import Caller, Now, SessionDep, forbidden, operation
from contracts.values import Reach, Scope
from services.compliance.retention import actions
from services.compliance.retention.policy import retention

router = APIRouter(tags=["audit"])


class BasisOut(BaseModel):
    """A clause and the years that it asks for."""

    years: int
    clause: str


class RetentionClassOut(BaseModel):
    """Acts that begin with one of `acts` are kept for `years` after they were recorded."""

    name: str
    title: str
    years: int
    acts: list[str]
    bases: list[BasisOut]


class RetentionOut(BaseModel):
    """The policy in force."""

    version: int
    least_years: int
    classes: list[RetentionClassOut]


class PruneIn(BaseModel):
    """Where to begin."""

    first: int = Field(default=0, ge=0, le=2**62, description="Position to begin at; `next` of the answer before.")


class PruneOut(BaseModel):
    """What one step removed."""

    entries: int = Field(description="Bodies that were removed.")
    next: int | None = Field(description="Where the next step begins; null when there is nothing more.")


@router.get("/v1/audit/retention", **operation(scope=Scope.AUDIT_READ))
async def read_retention() -> RetentionOut:
    """How long entries are kept whole, by class, with the clause that asks for it."""
    policy = retention()
    classes = [
        RetentionClassOut(
            name=one.name,
            title=one.title,
            years=one.years,
            acts=list(one.acts),
            bases=[BasisOut(years=basis.years, clause=basis.clause) for basis in one.bases],
        )
        for one in policy.classes
    ]
    return RetentionOut(version=policy.version, least_years=policy.least_years, classes=classes)


@router.post("/v1/audit/prunes", **operation(scope=Scope.AUDIT_PRUNE))
async def prune_log(given: PruneIn, caller: Caller, session: SessionDep, now: Now) -> PruneOut:
    """Remove the bodies of up to 10,000 entries whose retention is over; their leaf hashes and the tree stay."""
    if caller.reach is not Reach.ALL:
        raise forbidden("log-not-within-reach", fix="Come with a capability that covers all customers.")
    done = await actions.prune(session, first=given.first, caller=caller, now=now)
    return PruneOut(entries=done.entries, next=done.next)
