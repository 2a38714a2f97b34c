"""Checks a batch of text rows against its kind: the rows that stand, typed, and a problem for every rule a row breaks."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from services.profile.importing.kinds import Kind

LINE = "line"
PROBLEMS = {LINE: pl.Int64, "field": pl.String, "rule": pl.String, "fix": pl.String}
_MISSING_FIX = "Give a value."


@dataclass(frozen=True)
class Checked:
    """`rows` are typed and unique by business key (the last of several stands); `refused` counts rows left out."""

    rows: pl.DataFrame
    problems: pl.DataFrame
    refused: int
    read: int


def no_problems() -> pl.DataFrame:
    """An empty table of problems."""
    return pl.DataFrame(schema=PROBLEMS)


def check(frame: pl.DataFrame, kind: Kind, *, today: date) -> Checked:
    """`frame` holds `line` and text columns; columns of the kind that it lacks count as empty, others are left alone."""
    texts = frame.select(LINE, *(_trimmed(frame, name) for name in kind.columns))
    found, bad = _form_problems(texts, kind)
    rows = texts.select(LINE, *(column.form.value(pl.col(name)).alias(name) for name, column in kind.columns.items()))
    for rule in kind.checks:
        broken = rows.select((rule.broken(today).fill_null(False) & ~bad).alias("broken")).to_series()
        found.append(_problems(rows, broken, rule.field, rule.rule, rule.fix))
        bad = bad | broken
    problems = pl.concat(found).sort(LINE, maintain_order=True) if found else no_problems()
    good = rows.filter(~bad) if bad.any() else rows
    return Checked(
        rows=good.unique(subset=list(kind.key), keep="last", maintain_order=True),
        problems=problems,
        refused=int(bad.sum()),
        read=frame.height,
    )


def _trimmed(frame: pl.DataFrame, name: str) -> pl.Expr:
    if name not in frame.columns:
        return pl.lit(None, dtype=pl.String).alias(name)
    text = pl.col(name).str.strip_chars()
    return pl.when(text != "").then(text).alias(name)


def _form_problems(texts: pl.DataFrame, kind: Kind) -> tuple[list[pl.DataFrame], pl.Series]:
    flags = texts.select(
        *(pl.col(name).is_null().alias(f"missing:{name}") for name, column in kind.columns.items() if column.required),
        *(
            (pl.col(name).is_not_null() & ~column.form.valid(pl.col(name)).fill_null(False)).alias(f"form:{name}")
            for name, column in kind.columns.items()
        ),
    )
    bad = flags.select(pl.any_horizontal(pl.all()).alias("bad")).to_series()
    if not bad.any():
        return [], bad
    found = []
    for flag in flags.columns:
        what, _, name = flag.partition(":")
        form = kind.columns[name].form
        rule, fix = ("missing", _MISSING_FIX) if what == "missing" else (form.rule, form.fix)
        found.append(_problems(texts, flags[flag], name, rule, fix))
    return found, bad


def _problems(rows: pl.DataFrame, broken: pl.Series, field: str, rule: str, fix: str) -> pl.DataFrame:
    if not broken.any():
        return no_problems()
    texts = (pl.lit(value).alias(name) for name, value in (("field", field), ("rule", rule), ("fix", fix)))
    return rows.filter(broken).select(pl.col(LINE).cast(pl.Int64), *texts)
