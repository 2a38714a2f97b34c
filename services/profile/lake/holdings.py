"""What customers and their households hold: accounts, and fen times days in each window."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import ibis
from ibis import _
from ibis.expr.types import IntegerValue, Table

from services.profile.lake.exact import BEFORE, WINDOW, back, fen, floored, one_of
from services.profile.lake.tables import Lake

Policy = Mapping[str, Any]
"""policies/measures.yaml, amounts in fen."""


def accounts_of(lake: Lake, *, as_of: date, policy: Policy) -> Table:
    """Accounts opened by `as_of`. `counted`: in the currency of most of the customer's accounts, which is `home`."""
    products = lake.products.select("product_code", product_class="class")
    accounts = lake.accounts.filter(_.opened_on <= as_of).join(products, "product_code")
    accounts = accounts.select("account_no", "customer_no", "currency", "product_class", closed=back(_.closed_on, as_of))
    most = ibis.window(
        group_by="customer_no", order_by=[_.held.desc(), (_.currency == policy["home_currency"]).desc(), _.currency]
    )
    home = accounts.group_by("customer_no", "currency").agg(held=_.count())
    home = home.mutate(place=ibis.row_number().over(most)).filter(_.place == 0).select("customer_no", home="currency")
    return accounts.join(home, "customer_no").mutate(
        counted=_.currency == _.home,
        open=_.closed.isnull() | (_.closed < 0),
        asset=one_of(_.product_class, policy["assets"]["classes"]),
    )


def family_of(lake: Lake) -> Table:
    """Everybody of the household, the customer included: (customer_no, member_no, of_mate)."""
    people = lake.customers.select("customer_no", "household_no")
    mates = people.select(member_no="customer_no", household_no="household_no")
    mates = people.join(mates, "household_no").filter(_.customer_no != _.member_no)
    alone = people.select("customer_no", member_no="customer_no", of_mate=ibis.literal(False))  # a value
    return alone.union(mates.select("customer_no", "member_no", of_mate=ibis.literal(True)))  # the same


def held_of(lake: Lake, accounts: Table, *, as_of: date) -> Table:
    """Fen times days in each window by class and currency. A balance holds until the next one, or until the closing."""
    balances = lake.balances.filter(_.day <= as_of).select("account_no", first=back(_.day, as_of), fen=fen(_.balance))
    following = ibis.window(group_by="account_no", order_by=_.first.desc())
    steps = balances.mutate(following=_.first.lead().over(following)).join(accounts, "account_no")
    # days back from as_of: the last day that a balance held has the smaller number
    steps = steps.mutate(last=ibis.greatest(0, _.following.fill_null(-1) + 1, _.closed.fill_null(-1) + 1))
    return steps.group_by("customer_no", "product_class", "asset", "currency", "home", "counted").agg(
        known_from=_.first.max(),
        in_30=_days(0, 29).sum(),
        in_90=_days(0, WINDOW - 1).sum(),
        in_180=_days(0, 179).sum(),
        in_90_before=_days(*BEFORE).sum(),
    )


def _days(first: int, upto: int) -> IntegerValue:
    return _.fen * ibis.greatest(0, ibis.least(_.first, upto) - ibis.greatest(_.last, first) + 1)


def balances_of(held: Table, *, policy: Policy) -> Table:
    """A customer's own holdings."""
    assets, need = _.counted & _.asset, policy["need"]
    margin = ibis.cases(*((_.product_class == name, bp) for name, bp in policy["contribution"]["margins_bp"].items()), else_=0)
    return held.group_by("customer_no").agg(
        known_from=_.known_from.max(),
        assets_known_from=_.known_from.max(where=_.asset),
        in_30=_.in_30.sum(where=assets),
        in_90=_.in_90.sum(where=assets),
        in_180=_.in_180.sum(where=assets),
        in_90_before=_.in_90_before.sum(where=assets),
        invested=_.in_90.sum(where=_.counted & one_of(_.product_class, need["invested_classes"])),
        debts=_.in_90.sum(where=_.counted & one_of(_.product_class, need["debt_classes"])),
        margin=(_.in_90 * margin).sum(where=_.counted),
    )


def classes_of(held: Table) -> Table:
    """A customer's averages by product class, as a JSON object."""
    known = held.filter(_.counted & _.asset & (_.in_180 != 0))
    days = {days: floored(known[f"in_{days}"], days).cast("string") for days in (30, 90, 180)}
    member = ibis.literal('"') + known.product_class + '": {"days_30": ' + days[30]
    member = member + ', "days_90": ' + days[90] + ', "days_180": ' + days[180] + "}"
    members = known.mutate(member=member).group_by("customer_no").agg(members=_.member.group_concat(", "))
    return members.select("customer_no", assets_by_class=ibis.literal("{") + members.members + "}")


def households_of(family: Table, held: Table) -> Table:
    """What a household holds in the customer's currency."""
    homes = held.select("customer_no", "home").distinct()
    mates = held.filter(_.asset).select("currency", "in_30", "in_90", "in_180", member_no="customer_no")
    together = family.join(homes, "customer_no").join(mates, "member_no").filter(_.currency == _.home)
    return together.group_by("customer_no").agg(
        household_in_30=_.in_30.sum(), household_in_90=_.in_90.sum(), household_in_180=_.in_180.sum()
    )
