"""How right each signal rule is on the sample bank's truth. Run as a program, it writes the table into docs/signals.md."""

import asyncio
import csv
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path

from chassis.database import Database
from services.profile.importing import import_directory
from services.profile.measuring import compute
from services.profile.measuring.policy import packaged_rules
from steward.sample import generate
from tests.services.profile.builders import KEYSET, NOW
from tests.support.servers import servers_of_this_run

AS_OF = date(2026, 2, 28)
SEED, CUSTOMERS = 11, 4_000
PAGE = Path(__file__).resolve().parents[3] / "docs" / "signals.md"
BEGIN, END = "<!-- score: begin -->\n", "<!-- score: end -->\n"


@dataclass(frozen=True, slots=True)
class Score:
    """One rule against the truth; `decoys` counts customers who only look like it and were found."""

    planted: int
    found: int
    right: int
    decoys: int

    @property
    def precision(self) -> Fraction:
        """Share of the found who were planted."""
        return Fraction(self.right, self.found) if self.found else Fraction(0)

    @property
    def recall(self) -> Fraction:
        """Share of the planted who were found."""
        return Fraction(self.right, self.planted) if self.planted else Fraction(0)


def truths(folder: Path) -> tuple[Mapping[str, set[str]], Mapping[str, set[str]]]:
    """Customer numbers by rule, from the bank's truth: planted, and decoys."""
    planted, decoys = defaultdict(set), defaultdict(set)
    with (folder / "truth.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            rule = "lunar_birthday" if row["cause"].startswith("lunar=") else row["label"]
            {"signal": planted, "decoy": decoys}.get(row["kind"], defaultdict(set))[rule].add(row["customer_no"])
    return planted, decoys


async def scores(database: Database, folder: Path) -> dict[str, Score]:
    """Each rule that comes with the service, after measures and signals were computed."""
    planted, decoys = truths(folder)
    found = defaultdict(set)
    rows = await database.pool.fetch("SELECT s.rule, c.customer_no FROM signal s JOIN customer c ON c.id = s.customer_id")
    for row in rows:
        found[row["rule"]].add(row["customer_no"])
    return {
        rule: Score(len(planted[rule]), len(found[rule]), len(planted[rule] & found[rule]), len(decoys[rule] & found[rule]))
        for rule in packaged_rules()
    }


def table(scored: Mapping[str, Score]) -> str:
    """The scores as a table of Markdown."""
    lines = ["| rule | source | planted | found | precision | recall | decoys found |", "|---|---|---|---|---|---|---|"]
    for rule, score in scored.items():
        source = packaged_rules()[rule].source
        shares = f"{float(score.precision):.3f} | {float(score.recall):.3f}"
        lines.append(f"| `{rule}` | {source} | {score.planted} | {score.found} | {shares} | {score.decoys} |")
    return "\n".join(lines) + "\n"


async def write_page() -> None:
    """Make a bank, compute it, and put the table between the page's marks."""
    with servers_of_this_run() as servers, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder, customers=CUSTOMERS, seed=SEED, as_of=AS_OF)
        database = Database(await servers.database("profile"), service="profile")
        await database.open()
        await import_directory(database, folder, now=NOW, keyset=KEYSET)
        await compute(database, as_of=AS_OF)
        found = table(await scores(database, folder))
        await database.close()
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    PAGE.write_text(before + BEGIN + found + END + rest.split(END)[1], encoding="utf-8")
    print(found)


if __name__ == "__main__":
    asyncio.run(write_page())
