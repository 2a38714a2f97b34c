"""The words of signal rules: what a rule document may say, checked when it is read.

A rule says under which conditions its signal is raised (`when`). A condition is one operator with its arguments; `together`
and `either` hold further ones. Days are civil days in Asia/Shanghai; a window of n days ends on the day that is computed and
includes it.
"""

from decimal import Decimal
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from contracts.values import ProductClass, RiskLevel, SignalKind

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,40}$")]
Days = Annotated[int, Field(ge=1, le=800)]
Times = Annotated[int, Field(ge=1, le=1000)]
Amount = Annotated[Decimal, Field(ge=0, max_digits=15, decimal_places=2)]
"""Major units of the account's currency."""
TransactionKind = Literal[
    "salary", "pension", "interest", "fee", "transfer", "card", "cash", "purchase", "redemption", "loan_payment", "bill",
    "insurance_premium", "other",
]  # fmt: skip
BehaviourKind = Literal["login", "rate_lookup", "product_view", "content_view"]
Source = Literal["transactions", "behaviour", "balances", "accounts", "facts"]
"""Kinds of the feed whose rows can make a rule true."""


class Part(BaseModel):
    """Something inside a rule."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Products(Part):
    """Products of one of these risk levels or classes."""

    risk_levels: tuple[RiskLevel, ...] = ()
    classes: tuple[ProductClass, ...] = ()


class Transactions(Part):
    """Bookings; what is left out is not asked for. `outside`: not to or from the customer's own accounts or the household's."""

    direction: Literal["debit", "credit"]
    kinds: tuple[TransactionKind, ...] = ()
    mccs: tuple[Annotated[str, StringConstraints(pattern=r"^\d{4}$")], ...] = ()
    products: Products | None = None
    outside: bool = False


class Behaviour(Part):
    """What the customer did in the app or the branch."""

    kinds: tuple[BehaviourKind, ...] = ()
    topics: tuple[Code, ...] = ()


class Selection(Part):
    """The rows that an operator looks at: transactions or behaviour."""

    transactions: Transactions | None = None
    behaviour: Behaviour | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.transactions is None) == (self.behaviour is None):
            raise ValueError("name either transactions or behaviour")
        return self


class Count(Part):
    """At least so many rows within a window."""

    name: Name
    of: Selection
    window_days: Days
    at_least: Times


class Consecutive(Part):
    """Rows that follow each other. By `month`: so many calendar months in a row with one or more rows, the last being at most
    `ended_months` before the month of the day. By `row`: so many rows in a row among `among`, without another one between, the
    last not more than `last_within_days` old."""

    name: Name
    of: Selection
    by: Literal["month", "row"]
    at_least: Times
    window_days: Days
    among: Selection | None = None
    ended_months: Annotated[int, Field(ge=0, le=12)] = 0
    last_within_days: Days | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.by == "row") != (self.among is not None):
            raise ValueError("among is needed by row, and only there")
        if self.among is not None and (self.among.transactions is None) != (self.of.transactions is None):
            raise ValueError("of and among select rows of the same kind")
        return self


class Growth(Part):
    """More than in the customer's own past. Per `day`: one day's sum in the window against the largest day of the `past_days`
    before it. Per `window`: the window's sum against the average of as many days in the past. At least `multiple` times as much,
    and the floor."""

    name: Name
    of: Selection
    per: Literal["day", "window"]
    window_days: Days
    past_days: Days
    multiple: Annotated[int, Field(ge=1, le=100)]
    floor_major: Amount

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.of.transactions is None:
            raise ValueError("growth is of amounts, so of transactions")
        if self.past_days < self.window_days:
            raise ValueError("past_days must be as long as window_days or longer")
        return self


class Regular(Part):
    """An amount that comes every month, a salary. Months are counted, not days: pay days shift around weekends and holidays, also
    over the end of a month. Amounts up to `largest_multiple` times the median count (bonus, 13th month). Customers who are new
    need every month since they began, `months_if_new` at least."""

    name: Name
    of: Selection
    window_days: Days
    months: Times
    months_if_new: Times
    last_within_days: Days
    largest_multiple: Annotated[int, Field(ge=1, le=100)]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.of.transactions is None:
            raise ValueError("regular is of transactions")
        return self


class Holds(Part):
    """Balances of these classes at the end of the day, together at least so much."""

    name: Name
    classes: Annotated[tuple[ProductClass, ...], Field(min_length=1)]
    at_least_major: Amount


class HasAccount(Part):
    """An account of one of these classes is open."""

    name: Name
    classes: Annotated[tuple[ProductClass, ...], Field(min_length=1)]


class Known(Part):
    """The value of a fact that is known latest is one of these."""

    fact: Name
    values: Annotated[tuple[Code, ...], Field(min_length=1)]


class YearOf(Part):
    """A fact names the year of the day."""

    fact: Name


class Age(Part):
    """So many years old, or older."""

    at_least: Annotated[int, Field(ge=0, le=120)]


class Children(Part):
    """Children under an age by their days of birth; where none is known, the bare fact that there are children."""

    under_age: Annotated[int, Field(ge=1, le=30)]


class Anniversary(Part):
    """A day that returns every year, told `ahead_days` before. Solar: of 29 February it is the 28th in common years. Lunar: the
    fact holds month and day of the lunar calendar (MM-DD); of the 30th it is the 29th in years whose month has no 30th."""

    of: Literal["birth_date", "opened_on", "fact"]
    fact: Name | None = None
    calendar: Literal["solar", "lunar"] = "solar"
    ahead_days: Annotated[int, Field(ge=0, le=60)]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.of == "fact") != (self.fact is not None):
            raise ValueError("fact names the fact, where of is fact and only there")
        if self.calendar == "lunar" and self.of != "fact":
            raise ValueError("a lunar day comes from a fact")
        return self


Operator: TypeAlias = Count | Consecutive | Growth | Regular | Holds | HasAccount | Known | YearOf | Age | Children | Anniversary


class Condition(Part):
    """Exactly one operator."""

    count: Count | None = None
    consecutive: Consecutive | None = None
    growth: Growth | None = None
    regular: Regular | None = None
    holds: Holds | None = None
    has_account: HasAccount | None = None
    known: Known | None = None
    year_of: YearOf | None = None
    age: Age | None = None
    children: Children | None = None
    anniversary: Anniversary | None = None
    together: Annotated[tuple["Condition", ...], Field(min_length=2, max_length=8)] | None = None
    either: Annotated[tuple["Condition", ...], Field(min_length=2, max_length=8)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1 or next(iter(self.said.values())) is None:
            raise ValueError("a condition is exactly one operator")
        return self

    @property
    def said(self) -> dict[str, object]:
        """The operator by its word."""
        return {word: getattr(self, word) for word in type(self).model_fields if word in self.model_fields_set}


class Rule(Part):
    """When a signal is raised, how sure that is, and for how long the same cause is not raised again."""

    kind: SignalKind
    source: Annotated[str, StringConstraints(pattern=r"^H\d{1,2}(, H\d{1,2})*$")]
    meaning: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    cooldown_days: Annotated[int, Field(ge=1, le=800)]
    confidence_bp: Annotated[int, Field(ge=0, le=10_000)]
    enabled: bool = True
    when: Condition
