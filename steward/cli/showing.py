"""The tables at the end of a demo or an import, and the lines that help a newcomer to the first request."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import httpx
from rich.table import Table

from contracts.values import Channel, Role, Tier
from services.profile.importing import ImportReport
from steward.cli.common import CannotDo, console
from steward.demo import Filled
from steward.observing import observe
from steward.suite import Suite
from steward.timing import Steps
from steward.tokens import local_token

DEADLINE_SECONDS = 30
SHOWN_PROBLEMS = 10


async def show_demo(suite: Suite, filled: Filled, steps: Steps) -> None:
    """Everything that happened: what was imported, who is in which tier and why, signals, contacts, events, seconds."""
    if filled.imported is not None:
        show_import(filled.imported)
    token = local_token(suite.folder, roles=[Role.OPERATOR])
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=suite.url("gateway"), headers=headers, timeout=DEADLINE_SECONDS) as client:
        _show_tiers(await _get(client, "/v1/summary/tiers"))
        _show_signals(await _get(client, "/v1/summary/signals"))
        _show_plan(await _get(client, "/v1/summary/plan"))
    await _show_events(suite)
    _show_seconds(steps)


def show_import(report: ImportReport) -> None:
    """Rows by kind, and the first problems."""
    title = "Imported (dry run: nothing was kept)" if report.dry_run else "Imported"
    rows = [
        (kind, *map(_number, (row.read, row.created, row.changed, row.unchanged, row.outdated, row.repeated, row.refused)))
        for kind, row in report.kinds.items()
    ]
    _print(title, ("kind", "read", "new", "changed", "unchanged", "outdated", "repeated", "refused"), rows)
    if report.problem_count:
        shown = report.problems[:SHOWN_PROBLEMS]
        places = [(problem.file, str(problem.line), problem.field, problem.rule, problem.fix) for problem in shown]
        title = f"Problems ({len(shown)} of {report.problem_count:,})"
        _print(title, ("file", "line", "field", "rule", "what helps"), places, text_columns=5)


async def show_address(suite: Suite) -> None:
    """Where the gateway is, its page, a token and one line to try."""
    gateway = suite.url("gateway")
    token = local_token(suite.folder, roles=[Role.OPERATOR])
    for name, value in (("gateway", gateway), ("API page", f"{gateway}/docs"), ("token", token)):
        console.print(f"{name:<10}{value}", style="bold" if name != "token" else None, highlight=False, soft_wrap=True)
    console.print(
        f'try       curl -s -H "Authorization: Bearer {token}" {gateway}/v1/summary/tiers', highlight=False, soft_wrap=True
    )
    console.print("Ctrl-C stops everything and keeps the data.", highlight=False)


async def _get(client: httpx.AsyncClient, path: str) -> Any:  # Any: JSON, of the shape that the path's document says
    try:
        answer = await client.get(path)
    except httpx.HTTPError as error:
        raise CannotDo(f"the gateway does not answer {path}: {type(error).__name__}") from error
    if answer.is_error:
        raise CannotDo(f"{path} answered {answer.status_code}: {answer.text}")
    return answer.json()


def _show_tiers(summary: Mapping[str, Any]) -> None:  # Any: a JSON object
    rows = [
        (row["tier"], row["reason"], str(row["policy_version"]), _number(row["customers"]), f"{row['share_bp'] / 100:.1f}%")
        for row in sorted(summary["reasons"], key=lambda row: (_place(Tier, row["tier"]), -row["customers"]))
    ]
    _print(
        f"Customers by tier ({_number(summary['customers'])})",
        ("tier", "reason that decided", "policy", "customers", "share"),
        rows,
        text_columns=2,
    )


def _show_signals(counts: list[Any]) -> None:  # Any: a JSON list
    rows = [(row["kind"], _number(row["signals"]), _number(row["customers"]), row["as_of"]) for row in counts]
    _print("Signals found", ("signal", "found", "customers", "as of"), rows)


def _show_plan(summary: Mapping[str, Any]) -> None:  # Any: a JSON object
    """A row for each week and tier, a column for each channel in use."""
    cells: Counter[tuple[str, str, str]] = Counter()
    for row in summary["weeks"]:
        cells[f"{row['first']} – {row['last']}", row["tier"], row["channel"]] += row["contacts"]
    channels = [channel.value for channel in Channel if any(found == channel for _, _, found in cells)]
    lines = sorted({(week, tier) for week, tier, _ in cells}, key=lambda line: (line[0], _place(Tier, line[1])))
    rows = []
    for week, tier in lines:
        counts = [cells[week, tier, channel] for channel in channels]
        rows.append((week, tier, *(f"{count:,}" if count else "" for count in counts), f"{sum(counts):,}"))
    title = f"Contacts planned ({_number(summary['contacts'])}, {_number(summary['bypasses'])} of them urgent)"
    _print(title, ("week", "tier", *channels, "together"), rows, text_columns=2)
    waiting = [(row["kind"], row["origin"], row["rule"], _number(row["count"])) for row in summary["waiting"]]
    if waiting:
        _print("Not placed yet", ("contact", "from", "because", "count"), waiting, text_columns=3)


async def _show_events(suite: Suite) -> None:
    rows = [
        (state.name, *(_number(state.counts.get(name)) for name in ("events_published", "events_consumed", "dead_letters")))
        for state in await observe(suite)
    ]
    _print("Events", ("service", "published", "consumed", "dead letters"), rows)


def _show_seconds(steps: Steps) -> None:
    rows = [(name, f"{seconds:.1f}") for name, seconds in steps.seconds.items()]
    _print("Seconds", ("step", "seconds"), [*rows, ("together", f"{sum(steps.seconds.values()):.1f}")])


def _print(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]], *, text_columns: int = 1) -> None:
    table = Table(title=title, title_justify="left", title_style="bold")
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place < text_columns else "right")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "?"


def _place(kind: type[StrEnum], value: str) -> int:
    return list(kind).index(kind(value))
