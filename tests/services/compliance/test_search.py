import random
from datetime import timedelta

import pytest
from sqlalchemy.dialects import postgresql

from chassis.database import driver
from chassis.ids import new_id
from services.compliance import actions, store
from services.compliance.store import Search
from tests.services.compliance.builders import NOON, act

ANNA, BERT = new_id(), new_id()
WINDOW = {"start": NOON + timedelta(minutes=2), "end": NOON + timedelta(minutes=6)}


def some_acts():
    """Twelve acts of three minutes each minute, recorded in another order than they happened."""
    acts = [
        act(
            customer_id=(ANNA, BERT, None)[number % 3],
            actor=f"staff:{number % 2}",
            act=("customer.read", "tier.read")[number % 2],
            service=("profile", "tiering", "gateway")[number % 3],
            outcome="refused" if number % 4 == 0 else "done",
            occurred_at=NOON + timedelta(minutes=number // 2),
        )
        for number in range(12)
    ]
    random.Random(1).shuffle(acts)
    return acts


SEARCHES = {
    "nothing": Search(),
    "customer": Search(customer_id=ANNA),
    "actor": Search(actor="staff:1"),
    "act": Search(act="tier.read"),
    "service": Search(service="gateway"),
    "refused": Search(outcome="refused"),
    "window": Search(**WINDOW),
    "all at once": Search(customer_id=BERT, actor="staff:1", act="tier.read", service="tiering", outcome="done", **WINDOW),
}


def expected(search, acts):
    def fits(one):
        return (
            search.customer_id in (None, one.customer_id)
            and search.actor in (None, one.actor)
            and search.act in (None, one.act)
            and search.service in (None, one.service)
            and search.outcome in (None, one.outcome)
            and (search.start is None or one.occurred_at >= search.start)
            and (search.end is None or one.occurred_at < search.end)
        )

    places = sorted(((one.occurred_at, place, one.event_id) for place, one in enumerate(acts) if fits(one)), reverse=True)
    return [event_id for _, _, event_id in places]


@pytest.mark.parametrize("name", SEARCHES)
async def test_a_search_finds_exactly_what_fits_newest_first(service_session, name):
    session = await service_session("compliance")
    acts = some_acts()
    await actions.record(session, acts=acts, now=NOON)
    found = await store.find(session, SEARCHES[name], after=None, limit=100)
    wanted = expected(SEARCHES[name], acts)
    assert [entry.event_id for entry in found] == wanted
    assert wanted


@pytest.mark.parametrize("limit", [1, 2, 5])
async def test_pages_together_are_the_whole_without_gap_or_repetition(service_session, limit):
    session = await service_session("compliance")
    acts = some_acts()
    await actions.record(session, acts=acts, now=NOON)
    seen, after = [], None
    while page := await store.find(session, Search(), after=after, limit=limit):
        seen += [entry.event_id for entry in page]
        after = (page[-1].occurred_at, page[-1].position)
    assert seen == expected(Search(), acts)


INDICES = {
    "nothing": "ix_audit_entry_time",
    "customer": "ix_audit_entry_customer",
    "actor": "ix_audit_entry_actor",
    "act": "ix_audit_entry_act",
    "service": "ix_audit_entry_service",
    "refused": "ix_audit_entry_refused",
    "window": "ix_audit_entry_time",
}


@pytest.mark.parametrize("name", INDICES)
@pytest.mark.parametrize("paging", [False, True])
async def test_each_search_is_one_stretch_of_the_index_that_the_readme_names(service_session, name, paging):
    session = await service_session("compliance")
    after = (NOON + timedelta(minutes=4), 3) if paging else None
    query = store.query(SEARCHES[name], after=after, limit=50)
    spelled = query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    connection = await driver(session)
    # the log is empty: what is asked is which index can give the order without sorting
    await connection.execute("SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {spelled}"))
    assert f"using {INDICES[name]} " in plan
    assert "Sort" not in plan
    if paging:
        assert "ROW(occurred_at" in plan.partition("Index Cond")[2]


def test_a_search_names_what_it_was_given_and_never_the_values():
    search = Search(actor="110101199003070000", outcome="done")
    assert search.given() == ["actor", "outcome"]
