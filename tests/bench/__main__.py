"""`make bench`: each goal as a ratio to a limit measured in the same run. Writes `.steward/bench.json` and prints a table.

python -m tests.bench [--quick] [--only WORD]
"""

import argparse
import os
import platform
from dataclasses import asdict
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from steward.demo import Wanted, fill
from steward.embedded import EmbeddedServers
from steward.loop import run
from steward.supervisor import Options, running
from steward.timing import Steps
from tests.bench import alone_rows, suite_rows
from tests.bench.row import FOLDER, QUICK, Row, Size

RESULT = Path(".steward/bench.json")

UNLIMITED = {"STEWARD_GATEWAY_PRINCIPAL_PER_SECOND": "1000000", "STEWARD_GATEWAY_PRINCIPAL_BURST": "1000000"}
"""One principal asks for everything here; the bucket is still filled and emptied for each request."""


async def measured(size: Size, only: str = "") -> list[Row]:
    """All rows, on a fresh suite; what needs no suite first, while it is quiet. `only` picks the makers that have it in their
    names."""
    rows = []
    for make in (maker for maker in alone_rows.QUIET if only in maker.__name__):
        rows += await make(size)
    async with running(Options(folder=FOLDER, split=True, fresh=True), Steps()) as (suite, _):
        on_suite = [maker for maker in suite_rows.MAKERS if only in maker.__name__]
        if on_suite:
            await fill(suite, Wanted(size.customers, seed=1), steps=Steps())
        for of_suite in on_suite:
            rows += await of_suite(suite, size)
        for make in (maker for maker in alone_rows.MAKERS if only in maker.__name__):
            rows += await make(size)
    return rows


def report(rows: list[Row]) -> None:
    """The table and the file."""
    table = Table(title=f"{os.cpu_count()} cores, Python {platform.python_version()}")
    for column in ("what", "ours", "limit", "unit", "the limit is", "ratio", "goal"):
        table.add_column(column)
    for row in rows:
        goal = f"{'≤' if row.at_most else '≥'} {row.goal} {'met' if row.met else 'NOT MET'}"
        table.add_row(row.name, f"{row.ours:,.2f}", f"{row.limit:,.2f}", row.unit, row.limit_is, f"{row.ratio:.2f}", goal)
    console = Console(width=150)
    console.print(table)
    not_measured = alone_rows.missing()
    for line in not_measured:
        console.print(f"not measured: {line}")
    found = [{**asdict(row), "ratio": row.ratio, "met": row.met} for row in rows]
    RESULT.write_bytes(
        orjson.dumps({"cores": os.cpu_count(), "rows": found, "not_measured": not_measured}, option=orjson.OPT_INDENT_2) + b"\n"
    )


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a short bounded run that shows that everything works")
    parser.add_argument("--only", default="", help="a word in the name of the rows' maker: http, event, signal, scan, log, …")
    given = parser.parse_args()
    os.environ.update(UNLIMITED)
    try:
        report(run(measured(QUICK if given.quick else Size(), given.only)))
    finally:
        EmbeddedServers(FOLDER).destroy()


if __name__ == "__main__":
    main()
