"""The measures of sql/measures.sql as an expression (H1 to H3): the same definitions, the same numbers, on any backend.

Days are counted back from `as_of`, which is 0: a window of 90 days is 0 to 89. Sums are integers throughout, because
backends round differently.
"""

from datetime import date

import ibis
from ibis import _
from ibis.expr.types import Table

from services.profile.lake.doings import behaviour_of, booked_of, channels_of, dealings_of, parents_of
from services.profile.lake.exact import BASIS, BEFORE, WINDOW, age, back, floored, rounded, truncated
from services.profile.lake.holdings import Policy, accounts_of, balances_of, classes_of, family_of, held_of, households_of
from services.profile.lake.tables import Lake

_SUMS = (
    "in_30", "in_90", "in_180", "in_90_before", "household_in_30", "household_in_90", "household_in_180", "invested", "debts",
    "margin", "dealings_90", "dealings_180", "outside_90", "outside_90_before", "moved_30", "moved_90", "moved_180",
    "moved_90_before", "fees", "card_spending", "seen_180", "logins_90", "loan_lookups", "insurance_views", "channels_90",
)  # fmt: skip


def measures(lake: Lake, *, as_of: date, policy: Policy) -> Table:
    """One row for each customer: `customer_no` and the columns of sql/measures.sql; `assets_by_class` is JSON text."""
    accounts, family = accounts_of(lake, as_of=as_of, policy=policy), family_of(lake)
    held = held_of(lake, accounts, as_of=as_of)
    booked = booked_of(lake, accounts, family, as_of=as_of, policy=policy)
    parts = (
        balances_of(held, policy=policy),
        classes_of(held),
        households_of(family, held),
        dealings_of(booked),
        behaviour_of(lake, as_of=as_of, policy=policy),
        channels_of(lake, booked, as_of=as_of),
        accounts.filter(_.open).group_by("customer_no").agg(products=_.product_class.collect(distinct=True).sort()),
        parents_of(lake, as_of=as_of, policy=policy),
        accounts.select("customer_no", "home").distinct(),
    )
    people = lake.customers.select("customer_no", "occupation", age=age(_.birth_date, as_of), since=back(_.opened_on, as_of))
    for part in parts:
        people = people.left_join(part, "customer_no").drop("customer_no_right")
    return _named(_measured(people, policy), policy)


def _measured(people: Table, policy: Policy) -> Table:
    """Sums become measures; what nothing is known about is 0, growth is unknown."""
    people = people.mutate(**{name: people[name].fill_null(0).cast("int64") for name in _SUMS})
    contribution, stages = policy["contribution"], policy["relation_stage"]
    paid = _.fees * contribution["fee_share_bp"] + _.card_spending * contribution["card_spending_bp"]
    people = people.mutate(
        compared=_.in_90_before - _.moved_90_before,
        own_30=floored(_.in_30 - _.moved_30, 30),
        own_180=floored(_.in_180 - _.moved_180, 180),
    )
    grown = truncated((_.in_90 - _.moved_90 - _.compared) * BASIS, _.compared)
    busier = truncated((_.outside_90 - _.outside_90_before) * BASIS, _.outside_90_before)
    unknown = ibis.null("int64")
    people = people.mutate(
        currency=_.home.fill_null(policy["home_currency"]),
        assets_30=floored(_.in_30, 30),
        assets_90=floored(_.in_90, WINDOW),
        assets_180=floored(_.in_180, 180),
        household_30=floored(_.household_in_30, 30),
        household_90=floored(_.household_in_90, WINDOW),
        household_180=floored(_.household_in_180, 180),
        assets_by_class=_.assets_by_class.fill_null("{}"),
        growth_180_bp=ibis.ifelse((_.assets_known_from >= BEFORE[1]) & (_.compared > 0), grown, unknown),
        dealings_growth_180_bp=ibis.ifelse((_.known_from >= BEFORE[1]) & (_.outside_90_before > 0), busier, unknown),
        contribution_fen=rounded(_.margin + WINDOW * paid, WINDOW * BASIS),
        products=ibis.coalesce(_.products, ibis.literal([], type="array<string>")),
        payroll=_.payroll.fill_null(False),
        pension=_.pension.fill_null(False),
        parent=_.parent.fill_null(False),
        history_days=(_.known_from + 1).fill_null(0),
    )
    shrunk = (_.own_180 >= stages["leaving_from_fen"]) & (_.own_30 * BASIS <= _.own_180 * stages["leaving_bp"])
    return people.mutate(leaving=shrunk, active_180=_.dealings_180 + _.seen_180)


def _named(people: Table, policy: Policy) -> Table:
    """Need and stages, and the columns in their order."""
    need, life, relation = policy["need"], policy["life_stage"], policy["relation_stage"]
    insured = _.products.contains("insurance")
    return people.select(
        "customer_no", "currency", "assets_30", "assets_90", "assets_180", "growth_180_bp", "contribution_fen", "dealings_90",
        "logins_90", "channels_90", "payroll", "products",
        need=ibis.cases(
            ((_.debts > _.invested) | (_.loan_lookups >= need["loan_lookups"]), "borrowing"),
            (_.invested >= need["invested_at_least_fen"] * WINDOW, "investing"),
            (insured | (_.insurance_views >= need["insurance_views"]), "protecting"),
            else_="settling",
        ),
        life_stage=ibis.cases(
            (_.age < life["adult_age"], "child"),
            (_.occupation == "student", "student"),
            ((_.occupation == "retired") | _.pension | (_.age >= life["retired_age"]), "retired"),
            (_.parent, "family"),
            (_.age <= life["starting_out_until_age"], "starting_out"),
            else_="building_up",
        ),
        relation_stage=ibis.cases(
            (_.since < relation["new_days"], "new"),
            (_.active_180 == 0, "dormant"),
            (_.leaving, "leaving"),
            (_.growth_180_bp >= relation["growing_bp"], "growing"),
            else_="mature",
        ),
        history_days=_.history_days,
        age=_.age,
        household_30=_.household_30,
        household_90=_.household_90,
        household_180=_.household_180,
        assets_by_class=_.assets_by_class,
        dealings_growth_180_bp=_.dealings_growth_180_bp,
    )  # fmt: skip
