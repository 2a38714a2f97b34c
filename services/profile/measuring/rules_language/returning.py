"""The operator for days that return every year, by the civil or the lunar calendar."""

import csv
from datetime import date, timedelta
from functools import cache
from importlib import resources

from services.profile.measuring.rules_language.documents import Anniversary
from services.profile.measuring.rules_language.writing import DAY, Writer
from services.profile.rules.lunar import LunarYear, birthdays_between, lunar_years

# ruff: noqa: S608  # statements are made of words of ours; every value is a parameter


def anniversary(said: Anniversary, writer: Writer) -> str:
    """The subquery, in brackets: one row for each day that returns from the day on, up to `ahead_days` later."""
    return _lunar(said, writer) if said.calendar == "lunar" else _solar(said, writer)


def _solar(said: Anniversary, writer: Writer) -> str:
    return f"""(
    SELECT customer_id, coming.day::text AS subject, {DAY} AS window_from, coming.day AS window_to,
        jsonb_build_object('years', extract(year FROM coming.day)::int - extract(year FROM began)::int) AS counts,
        '{{}}'::jsonb AS amounts_fen, ARRAY[coming.day] AS days, '{{}}'::text[] AS ids
    FROM ({_beginnings(said, writer)}) known
    CROSS JOIN LATERAL (
        SELECT (began + make_interval(years => turning))::date AS day
        FROM (SELECT extract(year FROM {DAY})::int - extract(year FROM began)::int AS years) passed
        CROSS JOIN LATERAL (
            SELECT years + ((began + make_interval(years => years))::date < {DAY})::int AS turning
        ) turned
    ) coming
    WHERE coming.day <= {DAY} + {writer.value(said.ahead_days, "int")}
        AND extract(year FROM coming.day) > extract(year FROM began)
)"""


def _beginnings(said: Anniversary, writer: Writer) -> str:
    if said.fact is None:
        return f"SELECT id AS customer_id, {said.of} AS began FROM customer WHERE {writer.who('id')}"
    return _latest(said.fact, writer, "value::date AS began")


def _latest(fact: str, writer: Writer, value: str) -> str:
    return (
        f"SELECT DISTINCT ON (customer_id) customer_id, {value} FROM fact"
        f" WHERE {writer.who('customer_id')} AND fact = {writer.value(fact, 'text')} AND since <= {DAY}"
        " ORDER BY customer_id, since DESC, value"
    )


def _lunar(said: Anniversary, writer: Writer) -> str:
    assert said.fact is not None  # the document says so

    def coming(as_of: date) -> list[tuple[date, str]]:
        return birthdays_between(lunar_calendar(), as_of, as_of + timedelta(days=said.ahead_days))

    days = writer.value(lambda as_of: [day for day, _ in coming(as_of)], "date[]")
    kept = writer.value(lambda as_of: [lunar for _, lunar in coming(as_of)], "text[]")
    return f"""(
    SELECT customer_id, min(day)::text AS subject, {DAY} AS window_from, min(day) AS window_to,
        jsonb_build_object('lunar', 1) AS counts, '{{}}'::jsonb AS amounts_fen, ARRAY[min(day)] AS days, '{{}}'::text[] AS ids
    FROM ({_latest(said.fact, writer, "value")}) known
    JOIN unnest({days}, {kept}) AS coming(day, lunar) ON lunar = value
    GROUP BY customer_id
)"""


@cache
def lunar_calendar() -> list[LunarYear]:
    """policies/lunar.csv."""
    text = resources.files("services.profile").joinpath("policies", "lunar.csv").read_text(encoding="utf-8")
    return lunar_years(list(csv.DictReader(text.splitlines())))
