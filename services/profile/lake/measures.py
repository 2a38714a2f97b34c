"""The measures of sql/measures.sql as an expression (H1 to H3): the same definitions, the same numbers, on any backend.

Days are counted back from `as_of`, which is 0: a window of 90 days is 0 to 89. Sums are integers throughout, because
backends round differently.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import ibis
from ibis import _
from ibis.expr.types import BooleanScalar, IntegerValue, Table, Value

from chassis.clock import SHANGHAI
from services.profile.lake.tables import Lake

BASIS = 10_000
WINDOW = 90
BEFORE = (180, 269)
"""The 90 days that ended 180 days earlier (H3)."""
YEAR = 364

Policy = Mapping[str, Any]
"""policies/measures.yaml, amounts in fen."""


def measures(lake: Lake, *, as_of: date, policy: Policy) -> Table:
    """One row for each customer who was there: `customer_no` and the columns of sql/measures.sql."""
    accounts = _accounts(lake, as_of, policy)
    parts = (
        _balances(lake, accounts, as_of, policy),
        _dealings(lake, accounts, as_of, policy),
        _behaviour(lake, as_of, policy),
        _channels(lake, accounts, as_of, policy),
        accounts.filter(_.open).group_by("customer_no").agg(products=_.product_class.collect(distinct=True).sort()),
        _parents(lake, as_of, policy),
        accounts.select("customer_no", "home").distinct(),
    )
    people = lake.customers.select("customer_no", "occupation", age=_age(_.birth_date, as_of), since=_back(_.opened_on, as_of))
    for part in parts:
        people = people.left_join(part, "customer_no").drop("customer_no_right")
    return _named(_measured(people, policy), policy)


def _accounts(lake: Lake, as_of: date, policy: Policy) -> Table:
    """Accounts opened by `as_of`. `counted`: in the currency of most of the customer's accounts, which is `home`."""
    products = lake.products.select("product_code", product_class="class")
    accounts = lake.accounts.filter(_.opened_on <= as_of).join(products, "product_code")
    accounts = accounts.select("account_no", "customer_no", "currency", "product_class", closed=_back(_.closed_on, as_of))
    most = ibis.window(
        group_by="customer_no", order_by=[_.held.desc(), (_.currency == policy["home_currency"]).desc(), _.currency]
    )
    home = accounts.group_by("customer_no", "currency").agg(held=_.count())
    home = home.mutate(place=ibis.row_number().over(most)).filter(_.place == 0).select("customer_no", home="currency")
    return accounts.join(home, "customer_no").mutate(counted=_.currency == _.home, open=_.closed.isnull() | (_.closed < 0))


def _balances(lake: Lake, accounts: Table, as_of: date, policy: Policy) -> Table:
    """Fen times days in each window. A balance holds from its day to the day before the next, or before the closing."""
    balances = lake.balances.filter(_.day <= as_of).select("account_no", first=_back(_.day, as_of), fen=_fen(_.balance))
    following = ibis.window(group_by="account_no", order_by=_.first.desc())
    steps = balances.mutate(following=_.first.lead().over(following)).join(accounts, "account_no")
    # days back from as_of: the last day that a balance held has the smaller number
    last = ibis.greatest(0, _.following.fill_null(-1) + 1, _.closed.fill_null(-1) + 1)
    steps = steps.mutate(last=last, asset=_in(_.product_class, policy["assets"]["classes"]))

    def held(first: int, upto: int) -> IntegerValue:
        days = ibis.greatest(0, ibis.least(_.first, upto) - ibis.greatest(_.last, first) + 1)
        return ibis.ifelse(_.counted, _.fen * days, 0)

    steps = steps.mutate(
        in_30=held(0, 29), in_90=held(0, WINDOW - 1), in_180=held(0, 179), in_90_before=held(*BEFORE),
        margin=ibis.cases(*((_.product_class == name, bp) for name, bp in _margins(policy)), else_=0),
    )  # fmt: skip
    need = policy["need"]
    return steps.group_by("customer_no").agg(
        known_from=_.first.max(),
        assets_known_from=_.first.max(where=_.asset),
        in_30=_.in_30.sum(where=_.asset),
        in_90=_.in_90.sum(where=_.asset),
        in_180=_.in_180.sum(where=_.asset),
        in_90_before=_.in_90_before.sum(where=_.asset),
        invested=_.in_90.sum(where=_in(_.product_class, need["invested_classes"])),
        debts=_.in_90.sum(where=_in(_.product_class, need["debt_classes"])),
        margin=(_.in_90 * _.margin).sum(),
    )


def _booked(lake: Lake, accounts: Table, as_of: date, policy: Policy) -> Table:
    """Transactions of a year; `own` are those that the customer made."""
    booked = lake.transactions.select("account_no", "direction", "kind", "channel", back=_back(_.day, as_of), fen=_fen(_.amount))
    booked = booked.filter(_.back.between(0, YEAR)).join(accounts.select("account_no", "customer_no", "counted"), "account_no")
    return booked.mutate(own=~_in(_.kind, policy["activity"]["not_by_customer"]), recent=_.back < WINDOW)


def _dealings(lake: Lake, accounts: Table, as_of: date, policy: Policy) -> Table:
    paid_in = _.recent & (_.direction == "credit")
    spent = _.counted & (_.direction == "debit")
    return _booked(lake, accounts, as_of, policy).group_by("customer_no").agg(
        dealings_90=(_.recent & _.own).sum(),
        dealings_180=(_.own & (_.back < 180)).sum(),
        payroll=(paid_in & _in(_.kind, ["salary", "pension"])).any(),
        pension=(paid_in & (_.kind == "pension")).any(),
        fees=_.fen.sum(where=spent & (_.kind == "fee")),
        card_spending=_.fen.sum(where=spent & (_.kind == "card")),
    )  # fmt: skip


def _seen(lake: Lake, as_of: date) -> Table:
    """Behaviour of 180 days."""
    seen = lake.behaviour.filter((_.at >= _midnight(as_of, 179)) & (_.at < _midnight(as_of, -1)))
    return seen.mutate(recent=_.at >= _midnight(as_of, WINDOW - 1))


def _behaviour(lake: Lake, as_of: date, policy: Policy) -> Table:
    looked_up = _.recent & (_.kind == "rate_lookup") & _in(_.topic, policy["need"]["loan_topics"])
    return _seen(lake, as_of).group_by("customer_no").agg(
        seen_180=_.count(),
        logins_90=(_.recent & (_.kind == "login")).sum(),
        loan_lookups=looked_up.sum(),
        insurance_views=(_.recent & (_.topic == "insurance")).sum(),
    )  # fmt: skip


def _channels(lake: Lake, accounts: Table, as_of: date, policy: Policy) -> Table:
    made = _booked(lake, accounts, as_of, policy).filter(_.recent & _.own).select("customer_no", "channel")
    seen = _seen(lake, as_of).filter(_.recent).select("customer_no", "channel")
    return made.union(seen).group_by("customer_no").agg(channels_90=_.channel.nunique())


def _parents(lake: Lake, as_of: date, policy: Policy) -> Table:
    born = lake.facts.filter(_.fact == "child_birth_date").select("customer_no", born=_.value.cast("date"))
    young = born.filter((_.born <= as_of) & (_age(_.born, as_of) < policy["life_stage"]["adult_age"]))
    return young.select("customer_no", parent=ibis.literal(True)).distinct()  # a value, not a switch


def _measured(people: Table, policy: Policy) -> Table:
    """Sums become measures; what nothing is known about is 0, growth is unknown."""
    numbers = (
        "in_30", "in_90", "in_180", "in_90_before", "invested", "debts", "margin", "dealings_90", "dealings_180", "fees",
        "card_spending", "seen_180", "logins_90", "loan_lookups", "insurance_views", "channels_90",
    )  # fmt: skip
    people = people.mutate(**{name: people[name].fill_null(0).cast("int64") for name in numbers})
    contribution, stages = policy["contribution"], policy["relation_stage"]
    paid = _.fees * contribution["fee_share_bp"] + _.card_spending * contribution["card_spending_bp"]
    grown = _truncated((_.in_90 - _.in_90_before) * BASIS, _.in_90_before)
    people = people.mutate(
        currency=_.home.fill_null(policy["home_currency"]),
        assets_30=_floored(_.in_30, 30),
        assets_90=_floored(_.in_90, WINDOW),
        assets_180=_floored(_.in_180, 180),
        growth_180_bp=ibis.ifelse((_.assets_known_from >= BEFORE[1]) & (_.in_90_before > 0), grown, ibis.null("int64")),
        contribution_fen=_rounded(_.margin + WINDOW * paid, WINDOW * BASIS),
        products=ibis.coalesce(_.products, ibis.literal([], type="array<string>")),
        payroll=_.payroll.fill_null(False),
        pension=_.pension.fill_null(False),
        parent=_.parent.fill_null(False),
        history_days=(_.known_from + 1).fill_null(0),
    )
    shrunk = (_.assets_180 >= stages["leaving_from_fen"]) & (_.assets_30 * BASIS <= _.assets_180 * stages["leaving_bp"])
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
    )  # fmt: skip


def _margins(policy: Policy) -> list[tuple[str, int]]:
    return list(policy["contribution"]["margins_bp"].items())


def _in(column: Value, names: list[str]) -> BooleanScalar:
    """Whether a code is one of these; an unknown code is none of them."""
    return column.isin(names).fill_null(False)


def _back(day: Value, as_of: date) -> IntegerValue:
    """Days back from `as_of`; a later day is negative."""
    return -day.delta(ibis.date(as_of), unit="day").cast("int64")


def _fen(amount: Value) -> IntegerValue:
    return (amount.cast("decimal(18, 2)") * 100).cast("int64")


def _age(born: Value, as_of: date) -> IntegerValue:
    """Whole years at the end of `as_of`."""
    had = (born.month() * 100 + born.day()) <= as_of.month * 100 + as_of.day
    return (as_of.year - born.year() - ibis.ifelse(had, 0, 1)).cast("int64")


def _midnight(as_of: date, back: int) -> Value:
    """The moment in UTC when the day `back` days before `as_of` began in Shanghai."""
    begins = datetime.combine(as_of - timedelta(days=back), time(), tzinfo=SHANGHAI).astimezone(UTC)
    return ibis.literal(begins, type="timestamp('UTC', 6)")


def _truncated(number: IntegerValue, by: IntegerValue | int) -> IntegerValue:
    """The quotient towards zero. A remainder is exact where a division by way of floats is not."""
    return ((number - number % by) / by).round().cast("int64")


def _floored(number: IntegerValue, by: int) -> IntegerValue:
    return _truncated(number, by) - ibis.ifelse((number < 0) & (number % by != 0), 1, 0)


def _rounded(number: IntegerValue, by: int) -> IntegerValue:
    """The nearest integer, halves away from zero, as PostgreSQL rounds."""
    return _truncated(number + ibis.ifelse(number < 0, -by // 2, by // 2), by)
