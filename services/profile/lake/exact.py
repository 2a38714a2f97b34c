"""Arithmetic that is the same on every backend: integers throughout, days counted back from `as_of`."""

from datetime import UTC, date, datetime, time, timedelta

import ibis
from ibis.expr.types import BooleanScalar, IntegerValue, Value

from chassis.clock import SHANGHAI

BASIS = 10_000
WINDOW = 90
BEFORE = (180, 269)
"""The 90 days that ended 180 days earlier (H3)."""


def one_of(column: Value, names: list[str]) -> BooleanScalar:
    """Whether a code is one of these; an unknown code is none of them."""
    return column.isin(names).fill_null(False)


def back(day: Value, as_of: date) -> IntegerValue:
    """Days back from `as_of`; a later day is negative."""
    return -day.delta(ibis.date(as_of), unit="day").cast("int64")


def fen(amount: Value) -> IntegerValue:
    """Major units as fen."""
    return (amount.cast("decimal(18, 2)") * 100).cast("int64")


def age(born: Value, as_of: date) -> IntegerValue:
    """Whole years at the end of `as_of`."""
    had = (born.month() * 100 + born.day()) <= as_of.month * 100 + as_of.day
    return (as_of.year - born.year() - ibis.ifelse(had, 0, 1)).cast("int64")


def midnight(as_of: date, days_back: int) -> Value:
    """The moment in UTC when the day so many days before `as_of` began in Shanghai."""
    begins = datetime.combine(as_of - timedelta(days=days_back), time(), tzinfo=SHANGHAI).astimezone(UTC)
    return ibis.literal(begins, type="timestamp('UTC', 6)")


def truncated(number: IntegerValue, by: IntegerValue | int) -> IntegerValue:
    """The quotient towards zero. A remainder is exact where a division by way of floats is not."""
    return ((number - number % by) / by).round().cast("int64")


def floored(number: IntegerValue, by: int) -> IntegerValue:
    """The quotient rounded down."""
    return truncated(number, by) - ibis.ifelse((number < 0) & (number % by != 0), 1, 0)


def rounded(number: IntegerValue, by: int) -> IntegerValue:
    """The nearest integer, halves away from zero, as PostgreSQL rounds."""
    return truncated(number + ibis.ifelse(number < 0, -by // 2, by // 2), by)
