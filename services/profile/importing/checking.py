"""Checks a batch of text rows against its kind: the rows that stand, typed, and a problem for every rule a row breaks."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from services.profile.importing.forms import DIGITS_LOST, Form
from services.profile.importing.kinds import DATED, Kind

LINE = "line"
PROBLEMS = {LINE: pl.Int64, "field": pl.String, "rule": pl.String, "fix": pl.String}
_MISSING = ("missing", "Give a value.")
_DIGITS_LOST = (
    "digits-lost",
    "A spreadsheet kept the number as a figure and lost digits. Give the column as text, from the source.",
)
REPEATED = "key-repeated"
_REPEATED = (REPEATED, "A later line has the same key and stands instead. Give each key once.")
_TEXT = "text:"


@dataclass(frozen=True)
class Checked:
    """`rows` are typed and unique by business key (of several the latest by date stands, then the last). `refused` counts rows
    left out by a rule, `repeated` those for which another stands; both have their problems."""

    rows: pl.DataFrame
    problems: pl.DataFrame
    refused: int
    repeated: int
    read: int


def no_problems() -> pl.DataFrame:
    """An empty table of problems."""
    return pl.DataFrame(schema=PROBLEMS)


def problems_of(rows: pl.DataFrame, broken: pl.Series, field: str, rule: str, fix: str) -> pl.DataFrame:
    """A problem for each row that is marked in `broken`."""
    if not broken.any():
        return no_problems()
    texts = (pl.lit(value).alias(name) for name, value in (("field", field), ("rule", rule), ("fix", fix)))
    return rows.filter(broken).select(pl.col(LINE).cast(pl.Int64), *texts)


def check(frame: pl.DataFrame, kind: Kind, *, today: date, dated: date | None = None, name_repeated: bool = True) -> Checked:
    """`frame` holds `line` and text columns; columns of the kind that it lacks count as empty, others are left alone. `dated`
    is the day for which rows were true that do not say so themselves, today if not given. `name_repeated` makes a problem of
    each row that gives way to another of the same key; a mapping that takes the last of several on purpose needs none."""
    rows = _parsed(frame, kind)
    found, bad = _form_problems(rows, kind)
    rows = rows.select(LINE, *kind.columns)
    for rule in kind.checks:
        broken = rows.select((rule.broken(today).fill_null(False) & ~bad).alias("broken")).to_series()
        found.append(problems_of(rows, broken, rule.field, rule.rule, rule.fix))
        bad = bad | broken
    good = (rows.filter(~bad) if bad.any() else rows).with_columns(pl.col(DATED).fill_null(dated or today))
    rows, repeated = _unique(good, kind)
    problems = pl.concat([*found, repeated] if name_repeated else [*found, no_problems()]).sort(LINE, maintain_order=True)
    return Checked(rows=rows, problems=problems, refused=int(bad.sum()), repeated=repeated.height, read=frame.height)


def _parsed(frame: pl.DataFrame, kind: Kind) -> pl.DataFrame:
    """The typed columns, and beside each of those that are no text its text."""
    texts = frame.select(LINE, *(_trimmed(frame, name) for name in kind.columns))
    parsers = {name: column.form.value for name, column in kind.columns.items()}
    return texts.with_columns(
        *(pl.col(name).alias(_TEXT + name) for name, parse in parsers.items() if parse is not None),
        *(parse(pl.col(name)).alias(name) for name, parse in parsers.items() if parse is not None),
    )


def _trimmed(frame: pl.DataFrame, name: str) -> pl.Expr:
    if name not in frame.columns:
        return pl.lit(None, dtype=pl.String).alias(name)
    text = pl.col(name).str.strip_chars()
    return pl.when(text != "").then(text).alias(name)


def _text(name: str, form: Form) -> pl.Expr:
    return pl.col(name if form.value is None else _TEXT + name)


def _form_problems(rows: pl.DataFrame, kind: Kind) -> tuple[list[pl.DataFrame], pl.Series]:
    flags = rows.select(
        *(_text(name, kind.columns[name].form).is_null().alias(f"missing:{name}") for name in kind.required),
        *(
            (_text(name, form).is_not_null() & ~form.valid(_text(name, form), pl.col(name)).fill_null(False)).alias(
                f"form:{name}"
            )
            for name, form in ((name, column.form) for name, column in kind.columns.items())
        ),
    )
    bad = flags.select(pl.any_horizontal(pl.all()).alias("bad")).to_series()
    found: list[pl.DataFrame] = []
    for flag in flags.columns if bad.any() else ():
        what, _, name = flag.partition(":")
        if what == "missing":
            found.append(problems_of(rows, flags[flag], name, *_MISSING))
        elif flags[flag].any():
            form = kind.columns[name].form
            lost = (
                rows.select((_text(name, form).str.contains(DIGITS_LOST).fill_null(False)).alias("lost")).to_series()
                & flags[flag]
            )
            found.append(problems_of(rows, lost, name, *_DIGITS_LOST))
            found.append(problems_of(rows, flags[flag] & ~lost, name, form.rule, form.fix))
    return found, bad


def _unique(rows: pl.DataFrame, kind: Kind) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows unique by key in the order of lines, and a problem for each row that gives way to another."""
    ordered = rows.sort(DATED, maintain_order=True) if rows[DATED].n_unique() > 1 else rows
    standing = ordered.unique(subset=list(kind.key), keep="last", maintain_order=True)
    if standing.height == rows.height:
        return rows, no_problems()
    gone = ordered.join(standing, on=LINE, how="anti")
    every = pl.Series([True]).new_from_index(0, gone.height)
    return standing.sort(LINE), problems_of(gone, every, kind.key[-1], *_REPEATED)
