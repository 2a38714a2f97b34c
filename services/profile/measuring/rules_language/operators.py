"""Each operator as a subquery over the customers that are asked about.

All give the same columns: `customer_id`, `subject` (tells two causes of one kind apart), `window_from`, `window_to`, and the
evidence: `counts`, `amounts_fen`, `days`, `ids` (the first 20). A customer has at most one row, growth per day and days that
return aside.
"""

from collections.abc import Callable, Mapping
from typing import Any

from services.profile.measuring.rules_language.documents import (
    Age,
    Children,
    Condition,
    Consecutive,
    Count,
    Growth,
    HasAccount,
    Holds,
    Known,
    YearOf,
)
from services.profile.measuring.rules_language.returning import anniversary
from services.profile.measuring.rules_language.salaries import regular
from services.profile.measuring.rules_language.writing import DAY, Writer

# ruff: noqa: S608  # statements are made of words of ours; every value is a parameter
COLUMNS = "customer_id, subject, window_from, window_to, counts, amounts_fen, days, ids"
NOTHING = "'{}'::jsonb"
NO_DAYS, NO_IDS = "'{}'::date[]", "'{}'::text[]"
SHOWN = 20


def condition_sql(condition: Condition, writer: Writer) -> str:
    """The subquery of a condition, in brackets."""
    word, said = next(iter(condition.said.items()))
    operator: Callable[[Any, Writer], str] = _OPERATORS[word]  # Any: the word tells the type of what is said
    return operator(said, writer)


def _together(parts: tuple[Condition, ...], writer: Writer) -> str:
    """All hold of the same customer; the evidence of all."""
    queries = [condition_sql(part, writer) for part in parts]
    names = [f"p{place}" for place in range(len(parts))]

    def all_of(column: str, between: str) -> str:
        return between.join(f"{name}.{column}" for name in names)

    joins = " ".join(f"JOIN {query} {name} USING (customer_id)" for query, name in zip(queries[1:], names[1:], strict=True))
    return f"""(
    SELECT customer_id, concat({all_of("subject", ", ")}) AS subject,
        least({all_of("window_from", ", ")}) AS window_from, greatest({all_of("window_to", ", ")}) AS window_to,
        {all_of("counts", " || ")} AS counts, {all_of("amounts_fen", " || ")} AS amounts_fen,
        {all_of("days", " || ")} AS days, {all_of("ids", " || ")} AS ids
    FROM {queries[0]} p0 {joins}
)"""


def _either(parts: tuple[Condition, ...], writer: Writer) -> str:
    """One of them holds; the first that does gives the evidence."""
    union = " UNION ALL ".join(
        f"SELECT {place} AS place, {COLUMNS} FROM {condition_sql(part, writer)} part" for place, part in enumerate(parts)
    )
    return f"(SELECT DISTINCT ON (customer_id) {COLUMNS} FROM ({union}) one ORDER BY customer_id, place)"


def _count(said: Count, writer: Writer) -> str:
    name, window = writer.value(said.name, "text"), writer.value(said.window_days - 1, "int")
    return f"""(
    SELECT customer_id, '' AS subject, {DAY} - {window} AS window_from, {DAY} AS window_to,
        jsonb_build_object({name}, count(*)) AS counts,
        jsonb_strip_nulls(jsonb_build_object({name}, sum(fen))) AS amounts_fen,
        array_agg(DISTINCT day ORDER BY day) AS days, (array_agg(id ORDER BY day, id))[:{SHOWN}] AS ids
    FROM {writer.rows(said.of, days=said.window_days)} found
    GROUP BY customer_id
    HAVING count(*) >= {writer.value(said.at_least, "int")}
)"""


def _months(said: Consecutive, writer: Writer) -> str:
    name, lag = writer.value(said.name, "text"), writer.value(said.ended_months, "int")
    return f"""(
    SELECT DISTINCT ON (customer_id) customer_id, '' AS subject, min(month) AS window_from, max(last) AS window_to,
        jsonb_build_object('months', count(*), {name}, sum(times)) AS counts,
        jsonb_strip_nulls(jsonb_build_object({name}, sum(fen))) AS amounts_fen,
        array_agg(month ORDER BY month) AS days, (array_agg(first_id ORDER BY month))[:{SHOWN}] AS ids
    FROM (
        SELECT *, month - make_interval(months => (row_number() OVER (PARTITION BY customer_id ORDER BY month))::int) AS run
        FROM (
            SELECT customer_id, date_trunc('month', day)::date AS month, count(*) AS times, sum(fen)::bigint AS fen,
                max(day) AS last, min(id) AS first_id
            FROM {writer.rows(said.of, days=said.window_days)} found
            GROUP BY customer_id, date_trunc('month', day)
        ) months
    ) runs
    GROUP BY customer_id, run
    HAVING count(*) >= {writer.value(said.at_least, "int")}
        AND max(month) >= (date_trunc('month', {DAY}) - make_interval(months => {lag}))::date
    ORDER BY customer_id, max(month) DESC
)"""


def _in_a_row(said: Consecutive, writer: Writer) -> str:
    assert said.among is not None  # the caller says so
    name, recent = writer.value(said.name, "text"), writer.value(said.last_within_days or said.window_days, "int")
    return f"""(
    SELECT DISTINCT ON (customer_id) customer_id, max(id) AS subject, min(day) AS window_from, max(day) AS window_to,
        jsonb_build_object({name}, count(*)) AS counts,
        jsonb_strip_nulls(jsonb_build_object({name}, sum(fen))) AS amounts_fen,
        array_agg(DISTINCT day ORDER BY day) AS days, (array_agg(id ORDER BY place))[:{SHOWN}] AS ids
    FROM (
        SELECT *, place - row_number() OVER (PARTITION BY customer_id ORDER BY place) AS run
        FROM (
            SELECT one.*, wanted.id IS NOT NULL AS hit,
                row_number() OVER (PARTITION BY one.customer_id ORDER BY one.day, one.id) AS place
            FROM {writer.rows(said.among, days=said.window_days)} one
            LEFT JOIN {writer.rows(said.of, days=said.window_days)} wanted ON wanted.id = one.id
        ) ordered
        WHERE hit
    ) runs
    GROUP BY customer_id, run
    HAVING count(*) >= {writer.value(said.at_least, "int")} AND max(day) > {DAY} - {recent}
    ORDER BY customer_id, max(day) DESC
)"""


def _growth_of_a_day(said: Growth, writer: Writer) -> str:
    name, window = writer.value(said.name, "text"), writer.value(said.window_days, "int")
    floor = writer.value(int(said.floor_major * 100), "bigint")
    return f"""(
    SELECT customer_id, day::text AS subject, day AS window_from, day AS window_to,
        jsonb_build_object('transactions', times) AS counts,
        jsonb_build_object({name}, fen, 'largest_before', coalesce(largest, 0)) AS amounts_fen,
        ARRAY[day] AS days, sums.ids[:{SHOWN}] AS ids
    FROM (
        SELECT *, max(fen) FILTER (WHERE day <= {DAY} - {window}) OVER (PARTITION BY customer_id) AS largest
        FROM (
            SELECT customer_id, day, sum(fen)::bigint AS fen, count(*) AS times, array_agg(id ORDER BY fen DESC, id) AS ids
            FROM {writer.rows(said.of, days=said.window_days + said.past_days)} found
            GROUP BY customer_id, day
        ) days
    ) sums
    WHERE day > {DAY} - {window} AND fen >= greatest({floor}, coalesce(largest, 0) * {writer.value(said.multiple, "int")})
)"""


def _growth_of_a_window(said: Growth, writer: Writer) -> str:
    name, window = writer.value(said.name, "text"), writer.value(said.window_days, "int")
    floor, past = writer.value(int(said.floor_major * 100), "bigint"), writer.value(said.past_days, "int")
    return f"""(
    SELECT customer_id, '' AS subject, {DAY} - {window} + 1 AS window_from, {DAY} AS window_to,
        jsonb_build_object('transactions', times) AS counts,
        jsonb_build_object({name}, fen, 'usual', usual) AS amounts_fen, sums.days, sums.ids[:{SHOWN}] AS ids
    FROM (
        SELECT customer_id, coalesce(sum(fen) FILTER (WHERE late), 0)::bigint AS fen, count(*) FILTER (WHERE late) AS times,
            (coalesce(sum(fen) FILTER (WHERE NOT late), 0) * {window} / {past})::bigint AS usual,
            array_agg(DISTINCT day ORDER BY day) FILTER (WHERE late) AS days,
            array_agg(id ORDER BY fen DESC, id) FILTER (WHERE late) AS ids
        FROM (
            SELECT *, day > {DAY} - {window} AS late FROM {writer.rows(said.of, days=said.window_days + said.past_days)} found
        ) found
        GROUP BY customer_id
    ) sums
    WHERE times > 0 AND fen >= greatest({floor}, usual * {writer.value(said.multiple, "int")})
)"""


def _holds(said: Holds, writer: Writer) -> str:
    name = writer.value(said.name, "text")
    return f"""(
    SELECT a.customer_id, '' AS subject, {DAY} AS window_from, {DAY} AS window_to, {NOTHING} AS counts,
        jsonb_build_object({name}, sum(latest.fen)) AS amounts_fen, {NO_DAYS} AS days, {NO_IDS} AS ids
    FROM account a
    JOIN product p ON p.code = a.product_code AND p.class = ANY({writer.texts(said.classes)})
    JOIN LATERAL (
        SELECT b.fen FROM balance b WHERE b.account_id = a.id AND b.day <= {DAY} ORDER BY b.day DESC LIMIT 1
    ) latest ON true
    WHERE {writer.who("a.customer_id")} AND (a.closed_on IS NULL OR a.closed_on > {DAY})
    GROUP BY a.customer_id
    HAVING sum(latest.fen) >= {writer.value(int(said.at_least_major * 100), "bigint")}
)"""


def _has_account(said: HasAccount, writer: Writer) -> str:
    name = writer.value(said.name, "text")
    return f"""(
    SELECT a.customer_id, '' AS subject, min(a.opened_on) AS window_from, {DAY} AS window_to,
        jsonb_build_object({name}, count(*)) AS counts, {NOTHING} AS amounts_fen, {NO_DAYS} AS days, {NO_IDS} AS ids
    FROM account a
    JOIN product p ON p.code = a.product_code AND p.class = ANY({writer.texts(said.classes)})
    WHERE {writer.who("a.customer_id")} AND a.opened_on <= {DAY} AND (a.closed_on IS NULL OR a.closed_on > {DAY})
    GROUP BY a.customer_id
)"""


def _known(said: Known, writer: Writer) -> str:
    fact = writer.value(said.fact, "text")
    return f"""(
    SELECT customer_id, '' AS subject, since AS window_from, {DAY} AS window_to,
        jsonb_build_object({fact}, 1) AS counts, {NOTHING} AS amounts_fen, ARRAY[since] AS days, {NO_IDS} AS ids
    FROM (
        SELECT DISTINCT ON (customer_id) customer_id, value, since FROM fact
        WHERE {writer.who("customer_id")} AND fact = {fact} AND since <= {DAY}
        ORDER BY customer_id, since DESC, value
    ) latest
    WHERE value = ANY({writer.texts(said.values)})
)"""


def _year_of(said: YearOf, writer: Writer) -> str:
    return f"""(
    SELECT customer_id, value AS subject, min(since) AS window_from, {DAY} AS window_to,
        jsonb_build_object('year', value::int) AS counts, {NOTHING} AS amounts_fen, {NO_DAYS} AS days, {NO_IDS} AS ids
    FROM fact
    WHERE {writer.who("customer_id")} AND fact = {writer.value(said.fact, "text")} AND since <= {DAY}
        AND value = extract(year FROM {DAY})::text
    GROUP BY customer_id, value
)"""


def _age(said: Age, writer: Writer) -> str:
    years = writer.value(said.at_least, "int")
    return f"""(
    SELECT id AS customer_id, '' AS subject, (birth_date + make_interval(years => {years}))::date AS window_from,
        {DAY} AS window_to, jsonb_build_object('age', extract(year FROM age({DAY}, birth_date))::int) AS counts,
        {NOTHING} AS amounts_fen, {NO_DAYS} AS days, {NO_IDS} AS ids
    FROM customer
    WHERE {writer.who("id")} AND extract(year FROM age({DAY}, birth_date)) >= {years}
)"""


def _children(said: Children, writer: Writer) -> str:
    years = writer.value(said.under_age, "int")
    return f"""(
    SELECT customer_id, '' AS subject, min(since) AS window_from, {DAY} AS window_to,
        jsonb_build_object('children', count(*) FILTER (WHERE minor)) AS counts, {NOTHING} AS amounts_fen,
        {NO_DAYS} AS days, {NO_IDS} AS ids
    FROM (
        SELECT customer_id, fact, since, fact = 'has_child' AND value = 'true' AS said,
            fact = 'child_birth_date' AND value::date <= {DAY} AND extract(year FROM age({DAY}, value::date)) < {years} AS minor
        FROM fact
        WHERE {writer.who("customer_id")} AND fact IN ('child_birth_date', 'has_child') AND since <= {DAY}
    ) known
    GROUP BY customer_id
    HAVING bool_or(minor) OR (bool_or(said) AND NOT bool_or(fact = 'child_birth_date'))
)"""


def _consecutive(said: Consecutive, writer: Writer) -> str:
    return _months(said, writer) if said.among is None else _in_a_row(said, writer)


def _growth(said: Growth, writer: Writer) -> str:
    return _growth_of_a_day(said, writer) if said.per == "day" else _growth_of_a_window(said, writer)


_OPERATORS: Mapping[str, Callable[..., str]] = {
    "count": _count,
    "consecutive": _consecutive,
    "growth": _growth,
    "together": _together,
    "either": _either,
    "regular": regular,
    "holds": _holds,
    "has_account": _has_account,
    "known": _known,
    "year_of": _year_of,
    "age": _age,
    "children": _children,
    "anniversary": anniversary,
}
