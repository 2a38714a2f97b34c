"""The operator for amounts that come every month, and why it leaves somebody out."""

from enum import StrEnum

from services.profile.measuring.rules_language.documents import Regular
from services.profile.measuring.rules_language.writing import DAY, Writer

# ruff: noqa: S608  # statements are made of words of ours; every value is a parameter


class Verdict(StrEnum):
    """What the operator says of a customer who had at least one credit of that kind in the window."""

    FOUND = "found"
    ENDED = "ended"
    TOO_FEW_MONTHS = "too_few_months"
    AMOUNTS_TOO_UNEVEN = "amounts_too_uneven"


def regular(said: Regular, writer: Writer) -> str:
    """The subquery, in brackets."""
    name = writer.value(said.name, "text")
    return f"""(
    SELECT customer_id, '' AS subject, first AS window_from, last AS window_to,
        jsonb_build_object('months', months) AS counts, jsonb_build_object({name}, usual) AS amounts_fen,
        days, ids[:20] AS ids
    FROM {judged(said, writer)} judged
    WHERE verdict = '{Verdict.FOUND}'
)"""


def judged(said: Regular, writer: Writer) -> str:
    """A subquery with one row for each customer who had such a credit: its months, days, and the `verdict`.

    A month is a calendar month, or one that is shifted by half a month where that gives more: pay days at the end of a month
    move into the next one when they fall on a holiday.
    """
    window, share = writer.value(said.window_days, "int"), writer.value(said.largest_multiple, "int")
    needed, if_new = writer.value(said.months, "int"), writer.value(said.months_if_new, "int")
    recent = writer.value(said.last_within_days, "int")
    return f"""(
    SELECT n.*,
        CASE
            WHEN n.last IS NULL OR n.months < needed.months AND n.all_months >= needed.months THEN '{Verdict.AMOUNTS_TOO_UNEVEN}'
            WHEN n.last <= {DAY} - {recent} THEN '{Verdict.ENDED}'
            WHEN n.months < needed.months THEN '{Verdict.TOO_FEW_MONTHS}'
            ELSE '{Verdict.FOUND}'
        END AS verdict
    FROM (
        SELECT customer_id, usual, min(day) FILTER (WHERE even) AS first, max(day) FILTER (WHERE even) AS last,
            greatest(count(DISTINCT date_trunc('month', day)) FILTER (WHERE even),
                count(DISTINCT date_trunc('month', day + 15)) FILTER (WHERE even)) AS months,
            greatest(count(DISTINCT date_trunc('month', day)), count(DISTINCT date_trunc('month', day + 15))) AS all_months,
            array_agg(DISTINCT day ORDER BY day) FILTER (WHERE even) AS days,
            array_agg(id ORDER BY day DESC, id) FILTER (WHERE even) AS ids
        FROM (
            SELECT paid.*, usual.fen AS usual, paid.fen <= usual.fen * {share} AS even
            FROM {writer.rows(said.of, days=said.window_days)} paid
            JOIN (
                SELECT customer_id, percentile_disc(0.5) WITHIN GROUP (ORDER BY fen) AS fen
                FROM {writer.rows(said.of, days=said.window_days)} amounts
                GROUP BY customer_id
            ) usual USING (customer_id)
        ) paid
        GROUP BY customer_id, usual
    ) n
    JOIN customer c ON c.id = n.customer_id
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN c.opened_on > {DAY} - {window}
            THEN greatest({if_new}, least({needed}, ({DAY} - c.opened_on) / 31))
            ELSE {needed}
        END AS months
    ) needed
)"""
