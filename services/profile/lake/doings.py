"""What customers do: dealings, money within the household, behaviour, channels, children."""

from datetime import date

import ibis
from ibis import _
from ibis.expr.types import Table

from services.profile.lake.exact import BEFORE, WINDOW, age, back, fen, midnight, one_of
from services.profile.lake.holdings import Policy
from services.profile.lake.tables import Lake

YEAR = 364


def booked_of(lake: Lake, accounts: Table, family: Table, *, as_of: date, policy: Policy) -> Table:
    """Transactions of a year. `own` are those that the customer made, `inside` goes to or comes from the household's
    accounts, `moved` is what money of the other members added to the customer's assets."""
    booked = lake.transactions.select(
        "account_no", "direction", "kind", "channel", "counterparty_account_no", back=back(_.day, as_of), fen=fen(_.amount)
    )
    booked = booked.filter(_.back.between(0, YEAR))
    booked = booked.join(accounts.select("account_no", "customer_no", "counted", "asset"), "account_no")
    theirs = lake.accounts.select(counterparty_account_no="account_no", member_no="customer_no")
    kin = family.join(theirs, "member_no").select("customer_no", "counterparty_account_no", "of_mate")
    booked = booked.left_join(kin, ["customer_no", "counterparty_account_no"])
    signed = ibis.ifelse(_.direction == "credit", _.fen, -_.fen)
    of_mates = _.of_mate.fill_null(False) & _.counted & _.asset & (_.back <= BEFORE[1])
    return booked.mutate(
        own=~one_of(_.kind, policy["activity"]["not_by_customer"]),
        recent=_.back < WINDOW,
        inside=_.of_mate.notnull(),
        moved=ibis.ifelse(of_mates, signed, 0),
    )


def dealings_of(booked: Table) -> Table:
    """Counts, payroll, fees, and fen times days that money within the household added to each window."""
    paid_in = _.recent & (_.direction == "credit")
    spent = _.counted & (_.direction == "debit")
    outside = _.own & ~_.inside
    return booked.group_by("customer_no").agg(
        dealings_90=(_.recent & _.own).sum(),
        dealings_180=(_.own & (_.back < 180)).sum(),
        outside_90=(outside & _.recent).sum(),
        outside_90_before=(outside & _.back.between(*BEFORE)).sum(),
        moved_30=_added(0, 29).sum(),
        moved_90=_added(0, WINDOW - 1).sum(),
        moved_180=_added(0, 179).sum(),
        moved_90_before=_added(*BEFORE).sum(),
        payroll=(paid_in & one_of(_.kind, ["salary", "pension"])).any(),
        pension=(paid_in & (_.kind == "pension")).any(),
        fees=_.fen.sum(where=spent & (_.kind == "fee")),
        card_spending=_.fen.sum(where=spent & (_.kind == "card")),
    )


def _added(first: int, upto: int) -> ibis.expr.types.IntegerValue:
    return _.moved * ibis.greatest(0, ibis.least(_.back, upto) - first + 1)


def behaviour_of(lake: Lake, *, as_of: date, policy: Policy) -> Table:
    """Log-ins and look-ups."""
    looked_up = _.recent & (_.kind == "rate_lookup") & one_of(_.topic, policy["need"]["loan_topics"])
    return _seen(lake, as_of).group_by("customer_no").agg(
        seen_180=_.count(),
        logins_90=(_.recent & (_.kind == "login")).sum(),
        loan_lookups=looked_up.sum(),
        insurance_views=(_.recent & (_.topic == "insurance")).sum(),
    )  # fmt: skip


def channels_of(lake: Lake, booked: Table, *, as_of: date) -> Table:
    """How many channels a customer used."""
    made = booked.filter(_.recent & _.own).select("customer_no", "channel")
    seen = _seen(lake, as_of).filter(_.recent).select("customer_no", "channel")
    return made.union(seen).group_by("customer_no").agg(channels_90=_.channel.nunique())


def parents_of(lake: Lake, *, as_of: date, policy: Policy) -> Table:
    """Customers with a child under age."""
    # other facts hold other things than days, and an engine may cast before it filters
    day = ibis.ifelse(lake.facts.fact == "child_birth_date", lake.facts.value, ibis.null("string")).cast("date")
    born = lake.facts.select("customer_no", born=day).filter(_.born.notnull())
    young = born.filter((_.born <= as_of) & (age(_.born, as_of) < policy["life_stage"]["adult_age"]))
    return young.select("customer_no", parent=ibis.literal(True)).distinct()  # a value, not a switch


def _seen(lake: Lake, as_of: date) -> Table:
    """Behaviour of 180 days."""
    seen = lake.behaviour.filter((_.at >= midnight(as_of, 179)) & (_.at < midnight(as_of, -1)))
    return seen.mutate(recent=_.at >= midnight(as_of, WINDOW - 1))
