"""Every query of the case desk and the staff directory."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from chassis.auth import Capability
from chassis.database import Session, driver
from chassis.ids import new_id
from contracts.events.profile import CustomerState
from contracts.values import Department, Reach, Tier
from gateway.models import Case, CaseMember, CaseProposal, CaseSection, CaseStep, KnownCustomer, Staff
from gateway.rules.assembly import Candidate, ForCustomer, Member
from gateway.rules.cases import CaseState, Standing

_ASSEMBLY_LOCK = 0x0CA5E001
"""One team is chosen at a time, so that nobody is put on more cases than their cap."""

OPEN = col(Case.state) != CaseState.CLOSED.value


async def insert_case(session: Session, case: Case) -> bool:
    """Write a new case; False when the customer has an open one for the cause, also one that another is just writing."""
    statement = (
        insert(Case)
        .values(case.model_dump())
        .on_conflict_do_nothing(index_elements=["customer_id", "cause"], index_where=sa.text("state <> 'closed'"))
    )
    written = await session.exec(statement.returning(col(Case.case_id)))
    return written.first() is not None


async def lock_case(session: Session, case_id: UUID) -> Case | None:
    """The case, locked until the transaction ends."""
    return await session.get(Case, case_id, with_for_update=True, populate_existing=True)


async def visible_case(session: Session, case_id: UUID, caller: Capability) -> Case | None:
    """The case, when it is within the caller's reach."""
    found = await session.exec(select(Case).where(col(Case.case_id) == case_id, _within(caller)))
    return found.first()


async def visible_cases(
    session: Session, caller: Capability, *, limit: int, before: UUID | None, state: CaseState | None
) -> Sequence[Case]:
    """Up to `limit` cases within the caller's reach, the newest first, from `before` on (ids sort by time)."""
    query = select(Case).where(_within(caller)).order_by(col(Case.case_id).desc()).limit(limit)
    if before is not None:
        query = query.where(col(Case.case_id) < before)
    if state is not None:
        query = query.where(col(Case.state) == state.value)
    return (await session.exec(query)).all()


def _within(caller: Capability) -> sa.ColumnElement[bool]:
    """own: cases that the person works on or opened; branch: of the branch's customers and own; all."""
    if caller.reach is Reach.ALL:
        return sa.true()
    own = sa.or_(
        col(Case.opened_by) == caller.subject,
        sa.exists().where(col(CaseMember.case_id) == Case.case_id, col(CaseMember.staff_no) == (caller.staff_no or "")),
    )
    if caller.reach is Reach.BRANCH and caller.branch is not None:
        return sa.or_(own, col(Case.branch) == caller.branch)
    return own


async def leads_of(session: Session, case_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The lead's staff number for each of the cases that has one."""
    query = select(CaseMember.case_id, CaseMember.staff_no).where(col(CaseMember.case_id).in_(case_ids), col(CaseMember.lead))
    return dict((await session.exec(query)).all())


async def team_of(session: Session, case_id: UUID) -> Sequence[tuple[CaseMember, str]]:
    """The members with their names, the lead first."""
    query = (
        select(CaseMember, Staff.display_name)
        .join(Staff, col(Staff.staff_no) == col(CaseMember.staff_no))
        .where(col(CaseMember.case_id) == case_id)
        .order_by(col(CaseMember.lead).desc(), col(CaseMember.department))
    )
    return (await session.exec(query)).all()


async def sections_of(session: Session, case_id: UUID) -> Sequence[CaseSection]:
    """The sections that are in."""
    query = select(CaseSection).where(col(CaseSection.case_id) == case_id).order_by(col(CaseSection.department))
    return (await session.exec(query)).all()


async def proposal_of(session: Session, case_id: UUID) -> CaseProposal | None:
    """The delivered proposal."""
    return await session.get(CaseProposal, case_id)


async def steps_of(session: Session, case_id: UUID) -> Sequence[CaseStep]:
    """The newest 500 steps, in order."""
    query = select(CaseStep).where(col(CaseStep.case_id) == case_id).order_by(col(CaseStep.step_id).desc()).limit(500)
    return list(reversed((await session.exec(query)).all()))


async def standing_of(session: Session, case: Case) -> Standing:
    """The case as the rules see it."""
    team = [member for member, _ in await team_of(session, case.case_id)]
    handed_in = await sections_of(session, case.case_id)
    return Standing(
        state=CaseState(case.state),
        deadline=case.deadline,
        departments=tuple(Department(name) for name in case.departments),
        team={Department(member.department): member.staff_no for member in team},
        lead=next((member.staff_no for member in team if member.lead), None),
        handed_in={Department(section.department) for section in handed_in},
    )


async def add_team(session: Session, case_id: UUID, members: Sequence[Member]) -> None:
    """Write the team of a case."""
    rows = [
        {
            "case_id": case_id,
            "staff_no": member.staff_no,
            "department": member.department.value,
            "lead": member.lead,
            "reasons": list(member.reasons),
        }
        for member in members
    ]
    await session.exec(insert(CaseMember).values(rows))


async def put_section(session: Session, section: CaseSection) -> None:
    """Write a section, in the place of an earlier one of the department."""
    values = section.model_dump()
    changed = {name: values[name] for name in ("staff_no", "text", "handed_in_at")}
    statement = insert(CaseSection).values(values)
    await session.exec(statement.on_conflict_do_update(index_elements=["case_id", "department"], set_=changed))


async def log_step(
    session: Session, *, case_id: UUID, at: datetime, actor: str, step: str, details: dict[str, int | str] | None = None
) -> None:
    """Note a step. `details` are codes, ids and numbers."""
    session.add(CaseStep(step_id=new_id(), case_id=case_id, at=at, actor=actor, step=step, details=details or {}))
    await session.flush()


async def lock_assembly(session: Session) -> None:
    """Wait until no other team is being chosen."""
    await session.exec(select(sa.func.pg_advisory_xact_lock(_ASSEMBLY_LOCK)))


def _open_cases() -> sa.Subquery:
    return (
        sa.select(col(CaseMember.staff_no), sa.func.count().label("load"))
        .join(Case, col(Case.case_id) == col(CaseMember.case_id))
        .where(OPEN)
        .group_by(col(CaseMember.staff_no))
        .subquery()
    )


async def candidates(session: Session) -> list[Candidate]:
    """Everybody who may be put on a case, with the number of open cases that they are on."""
    loads = _open_cases()
    query = (
        select(Staff, sa.func.coalesce(loads.c.load, 0))
        .outerjoin(loads, loads.c.staff_no == Staff.staff_no)
        .where(col(Staff.active), col(Staff.case_cap) > 0)
    )
    rows = (await session.exec(query)).all()
    return [
        Candidate(
            staff_no=staff.staff_no,
            branch=staff.branch,
            departments=tuple(Department(name) for name in staff.departments),
            load=load,
            cap=staff.case_cap,
        )
        for staff, load in rows
    ]


async def staff_page(session: Session, caller: Capability, *, limit: int, after: str | None) -> Sequence[tuple[Staff, int]]:
    """Up to `limit` people with their open cases, by staff number: all, or those of the caller's branch."""
    loads = _open_cases()
    query = (
        select(Staff, sa.func.coalesce(loads.c.load, 0))
        .outerjoin(loads, loads.c.staff_no == Staff.staff_no)
        .order_by(col(Staff.staff_no))
        .limit(limit)
    )
    if caller.reach is not Reach.ALL:
        query = query.where(col(Staff.branch) == (caller.branch or ""))
    if after is not None:
        query = query.where(col(Staff.staff_no) > after)
    return [(staff, load) for staff, load in (await session.exec(query)).all()]


async def upsert_staff(session: Session, people: Sequence[Staff]) -> tuple[int, int]:
    """Write people by staff number; those who are the same already are left. Returns how many are new, how many changed."""
    statement = insert(Staff).values([person.model_dump() for person in people])
    columns = [name for name in Staff.model_fields if name != "staff_no"]
    differs = sa.or_(*(getattr(Staff, name).is_distinct_from(statement.excluded[name]) for name in columns))
    changes = {name: statement.excluded[name] for name in columns}
    written = await session.exec(
        statement.on_conflict_do_update(index_elements=["staff_no"], set_=changes, where=differs).returning(
            sa.literal_column("(xmax = 0)")
        )
    )
    new = [row[0] for row in written.all()]
    return sum(new), len(new) - sum(new)


async def unstaffed(session: Session) -> Sequence[UUID]:
    """Cases that wait for a team."""
    query = select(Case.case_id).where(col(Case.state) == CaseState.UNSTAFFED.value).order_by(col(Case.case_id))
    return (await session.exec(query)).all()


async def known_customer(session: Session, customer_id: UUID) -> ForCustomer:
    """What choosing a team may know of the customer; nothing where no event told."""
    known = await session.get(KnownCustomer, customer_id)
    if known is None:
        return ForCustomer()
    return ForCustomer(branch=known.branch, adviser_no=known.adviser_no, vip=known.tier == Tier.VIP.value)


_PLACES = """
INSERT INTO known_customer AS k (customer_id, branch, adviser_no)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[])
ON CONFLICT (customer_id) DO UPDATE SET branch = excluded.branch, adviser_no = excluded.adviser_no
WHERE $4 OR k.branch IS NULL
"""
_TIERS = """
INSERT INTO known_customer (customer_id, tier) SELECT * FROM unnest($1::uuid[], $2::text[])
ON CONFLICT (customer_id) DO UPDATE SET tier = excluded.tier
"""


async def put_places(session: Session, states: Mapping[UUID, CustomerState], *, replace: bool) -> None:
    """Branch and adviser of customers; without `replace`, a row that has its branch already is newer and stays."""
    connection = await driver(session)
    branches = [state.branch for state in states.values()]
    advisers = [state.adviser_no for state in states.values()]
    await connection.execute(_PLACES, list(states), branches, advisers, replace)


async def put_tiers(session: Session, tiers: Mapping[UUID, Tier]) -> None:
    """The tiers of customers, known or not."""
    connection = await driver(session)
    await connection.execute(_TIERS, list(tiers), [tier.value for tier in tiers.values()])
