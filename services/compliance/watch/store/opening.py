"""Queries behind new alerts: whose the customers are, what was announced, and the alerts themselves, all as sets."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from uuid import UUID

from chassis.database import Session, driver
from contracts.values import Fen, SignalKind
from services.compliance.watch.rules import AlertOutcome, Announcement, Owner

_CUSTOMERS = """
INSERT INTO watched_customer AS w (customer_id, branch, adviser_no)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[])
ON CONFLICT (customer_id) DO UPDATE SET branch = excluded.branch, adviser_no = excluded.adviser_no WHERE $4
RETURNING customer_id
"""
_FOLLOW = """
UPDATE risk_alert a SET branch = w.branch, adviser_no = w.adviser_no,
    owner_kind = CASE WHEN a.assigned_by IS NOT NULL THEN a.owner_kind
        WHEN w.adviser_no IS NOT NULL AND a.escalated_at IS NULL THEN 'staff' ELSE 'branch' END,
    owner_no = CASE WHEN a.assigned_by IS NOT NULL THEN a.owner_no
        WHEN w.adviser_no IS NOT NULL AND a.escalated_at IS NULL THEN w.adviser_no ELSE w.branch END
FROM watched_customer w
WHERE w.customer_id = a.customer_id AND a.customer_id = ANY($1::uuid[]) AND a.closed_at IS NULL
"""
_KNOWN = "SELECT signal_id FROM risk_alert WHERE signal_id = ANY($1::uuid[])"
_WHOSE = "SELECT customer_id, branch, adviser_no FROM watched_customer WHERE customer_id = ANY($1::uuid[])"
_ANNOUNCED = """
SELECT id, customer_id, first, last, up_to_fen - used_fen AS left_fen, announced_on FROM announced_outflow
WHERE customer_id = ANY($1::uuid[]) AND last >= $2 AND used_fen < up_to_fen ORDER BY id FOR UPDATE
"""
_USE = """
UPDATE announced_outflow a SET used_fen = a.used_fen + u.fen
FROM (SELECT id, sum(fen) AS fen FROM unnest($1::uuid[], $2::bigint[]) AS v(id, fen) GROUP BY id) u WHERE a.id = u.id
"""
_INSERT = """
INSERT INTO risk_alert (id, signal_id, customer_id, kind, branch, adviser_no, owner_kind, owner_no, day, amount_fen, count,
    account_ids, transactions, raised_at, due_at, announcement_id, closed_at, outcome, opened_at, policy_version)
SELECT v.id, v.signal_id, v.customer_id, v.kind, v.branch, v.adviser_no, v.owner_kind, v.owner_no, v.day, v.amount_fen, v.count,
    string_to_array(v.accounts, ',')::uuid[], string_to_array(v.transactions, E'\\n'), v.raised_at, v.due_at, v.announcement_id,
    CASE WHEN v.announcement_id IS NOT NULL THEN $17::timestamptz END,
    CASE WHEN v.announcement_id IS NOT NULL THEN 'announced' END, $17, $18
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::date[],
    $10::bigint[], $11::int[], $12::text[], $13::text[], $14::timestamptz[], $15::timestamptz[], $16::uuid[])
    AS v(id, signal_id, customer_id, kind, branch, adviser_no, owner_kind, owner_no, day, amount_fen, count, accounts,
         transactions, raised_at, due_at, announcement_id)
"""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A new alert; the order of the fields is that of the statement. `accounts` and `transactions` are joined ids."""

    id: UUID
    signal_id: UUID
    customer_id: UUID
    kind: SignalKind
    branch: str | None
    adviser_no: str | None
    owner: Owner
    owner_no: str | None
    day: date
    amount_fen: Fen | None
    count: int
    accounts: str
    transactions: str
    raised_at: datetime
    due_at: datetime
    announcement_id: UUID | None

    @property
    def outcome(self) -> AlertOutcome | None:
        """An outflow that was announced is closed at once."""
        return AlertOutcome.ANNOUNCED if self.announcement_id else None


async def put_customers(session: Session, rows: Sequence[tuple[UUID, str, str | None]], *, replace: bool) -> None:
    """Keep branch and adviser of customers; open alerts that nobody assigned follow them. Without `replace` a record
    that is there stays: a registration that comes late never undoes a change."""
    connection = await driver(session)
    written = await connection.fetch(_CUSTOMERS, [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows], replace)
    if written:
        await connection.execute(_FOLLOW, [row["customer_id"] for row in written])


async def known_signals(session: Session, signal_ids: Sequence[UUID]) -> set[UUID]:
    """Those that have their alert."""
    connection = await driver(session)
    return {row["signal_id"] for row in await connection.fetch(_KNOWN, signal_ids)}


async def whose(session: Session, customer_ids: Sequence[UUID]) -> dict[UUID, tuple[str, str | None]]:
    """Branch and adviser of customers, as far as they are known."""
    connection = await driver(session)
    return {row["customer_id"]: (row["branch"], row["adviser_no"]) for row in await connection.fetch(_WHOSE, customer_ids)}


async def announcements(session: Session, customer_ids: Sequence[UUID], *, since: date) -> dict[UUID, list[Announcement]]:
    """What customers announced for `since` and later and have not used up, locked."""
    connection = await driver(session)
    found: dict[UUID, list[Announcement]] = defaultdict(list)
    for row in await connection.fetch(_ANNOUNCED, customer_ids, since):
        found[row["customer_id"]].append(Announcement(row["id"], row["first"], row["last"], row["left_fen"], row["announced_on"]))
    return found


async def use_announcements(session: Session, used: Sequence[tuple[UUID, Fen]]) -> None:
    """Take amounts from announcements."""
    connection = await driver(session)
    await connection.execute(_USE, [row[0] for row in used], [row[1] for row in used])


async def insert_alerts(session: Session, fresh: Sequence[Fresh], *, now: datetime, policy_version: int) -> None:
    """Write new alerts in one statement."""
    connection = await driver(session)
    columns = [list(column) for column in zip(*(astuple(alert) for alert in fresh), strict=True)]
    await connection.execute(_INSERT, *columns, now, policy_version)
