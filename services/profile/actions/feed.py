"""Takes in batches of the core bank's feed over HTTP, by the same checks and statements as files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from chassis.database import Session
from services.profile.importing.batch import Loading
from services.profile.importing.checking import LINE, check
from services.profile.importing.kinds import KINDS
from services.profile.importing.report import Problem
from services.profile.measuring.touched import touch
from services.profile.vault import Vault


@dataclass(frozen=True)
class BatchResult:
    """Counts, and the problems of refused rows. `Problem.line` is the row's place in the batch, from 0."""

    created: int
    changed: int
    unchanged: int
    outdated: int
    repeated: int
    refused: int
    problems: list[Problem]


async def load_batch(
    session: Session, *, kind: str, rows: Sequence[Mapping[str, str | None]], vault: Vault, today: date
) -> BatchResult:
    """Upsert the rows that keep the rules; the others are named in the result. Signals are looked for at once."""
    columns = KINDS[kind].columns
    texts = {name: [row.get(name) for row in rows] for name in columns}
    schema = {LINE: pl.Int64, **dict.fromkeys(columns, pl.String)}
    checked = check(pl.DataFrame({LINE: list(range(len(rows))), **texts}, schema=schema), KINDS[kind], today=today)
    loaded = await Loading(kind, vault).load(session, checked.rows)
    written = loaded.written
    await touch(session, kind, loaded.owners.unique().to_list())
    problems = pl.concat([checked.problems, loaded.problems]).sort(LINE, maintain_order=True)
    lost = loaded.problems[LINE].n_unique()
    return BatchResult(
        created=written.created,
        changed=written.changed,
        unchanged=checked.rows.height - lost - written.created - written.changed - written.outdated,
        outdated=written.outdated,
        repeated=checked.repeated,
        refused=checked.refused + lost,
        problems=[Problem(kind, *row) for row in problems.iter_rows()],
    )
