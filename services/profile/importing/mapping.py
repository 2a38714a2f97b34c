"""A bank's own files under a mapping: data that says which file, column, code and day becomes which of ours.

The format is described in docs/guide/mapping.md. A mapping is checked whole when it is read, so a typing error is named with its
place before any file is opened.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from services.profile.importing.checking import LINE
from services.profile.importing.kinds import KINDS
from services.profile.importing.reading import Batch, Dialect, FileUnreadable, batches, header

MAPPING_FILE = "mapping.yaml"


class MappingBroken(ValueError):
    """A mapping that cannot be used; the message names the places."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Value(_Part):
    """How a column of ours is made: from one column of theirs, a constant, or an SQL expression over theirs."""

    column: str | None = None
    const: str | None = None
    sql: str | None = Field(
        default=None, description="An SQL expression over the columns of the source, for what no option says."
    )
    prefix: str = ""
    codes: dict[str, str] = Field(default={}, description="Their code: ours. An empty key stands for no value.")
    otherwise: str | None = Field(
        default=None, description="For codes that are not listed; without it the row keeps its own code."
    )
    day: Literal["YYMMDD", "YYYYMMDD", "DDMMYYYY", "MMDDYYYY"] | None = None
    century: Annotated[int, Field(ge=18, le=20)] = Field(default=19, description="First two digits of years that have two.")
    month_offset: int = Field(default=0, description="Added to the month of women, as 50 in Czech birth numbers.")

    @model_validator(mode="after")
    def _one_origin(self) -> "Value":
        if sum(origin is not None for origin in (self.column, self.const, self.sql)) != 1:
            raise ValueError("give exactly one of column, const and sql")
        return self


class Join(_Part):
    """Columns of another source, found by `key`; they are called `<source>.<column>`. Without a match the row stays."""

    source: str
    key: str = Field(
        description="Column that the rows have so far; its last part is the column over there, unless `their` says another."
    )
    their: str | None = None
    where: str | None = Field(default=None, description="Which rows of the other source are meant, in SQL.")


class Rows(_Part):
    """How rows of one source become rows of a kind."""

    source: str
    join: list[Join] = []
    where: str | None = Field(default=None, description="Which rows are meant, in SQL over source and joined columns.")
    until: str | None = Field(default=None, description="Column of ours (a day): rows later than `complete_until` are left out.")
    columns: dict[str, Value | str]


class SourceFile(_Part):
    """A file of theirs."""

    file: str
    separator: str | None = None
    encoding: str | None = None


class Mapping(_Part):
    """The whole mapping."""

    bank: str
    separator: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    complete_until: date | None = Field(default=None, description="The last day for which all files are complete.")
    sources: dict[str, SourceFile]
    constants: dict[str, list[dict[str, str]]] = Field(default={}, description="Rows that no file holds, such as the products.")
    kinds: dict[str, list[Rows]]

    @model_validator(mode="after")
    def _names_exist(self) -> "Mapping":
        for kind, parts in self.kinds.items():
            if kind not in KINDS:
                raise ValueError(f"{kind} is no kind of record; there are {', '.join(KINDS)}")
            for part in parts:
                unknown = [name for name in part.columns if name not in KINDS[kind].columns]
                missing = [name for name, column in KINDS[kind].columns.items() if column.required and name not in part.columns]
                sources = [name for name in (part.source, *(join.source for join in part.join)) if name not in self.sources]
                for what, names in (
                    ("unknown columns", unknown),
                    ("missing columns", missing),
                    ("unknown sources", sources),
                ):
                    if names:
                        raise ValueError(f"{kind}: {what} {', '.join(names)}")
        return self

    def dialect(self, source: str) -> Dialect:
        """How the source's file is written."""
        file = self.sources[source]
        return Dialect(file.separator or self.separator, self.quote, file.encoding or self.encoding)


def read_mapping(path: Path) -> Mapping:
    """The mapping in a file, or in `mapping.yaml` of a folder. Raises `MappingBroken`."""
    file = path / MAPPING_FILE if path.is_dir() else path
    try:
        text = file.read_text(encoding="utf-8")
        # BaseLoader makes text of everything, so that a code like NO or 007 stays what it is
        return Mapping.model_validate(yaml.load(text, Loader=yaml.BaseLoader))  # noqa: S506  # it makes no objects
    except ValidationError as error:
        places = "; ".join(f"{'.'.join(map(str, row['loc'])) or 'mapping'}: {row['msg']}" for row in error.errors())
        raise MappingBroken(f"{file.name}: {places}") from None
    except (OSError, yaml.YAMLError) as error:
        raise MappingBroken(f"{file.name} cannot be read: {type(error).__name__}") from None


class Mapped:
    """A bank's folder seen through its mapping. Joined sources are held in memory, the main one is streamed."""

    def __init__(self, mapping: Mapping, directory: Path) -> None:
        self.mapping = mapping
        self._directory = directory
        self._joined: dict[str, pl.DataFrame] = {}

    def path(self, source: str) -> Path:
        """Where a source's file is. Raises `FileUnreadable` when it is not."""
        path = self._directory / self.mapping.sources[source].file
        if not path.is_file():
            raise FileUnreadable(f"{path.name}: the mapping names this file, and it is not in the folder")
        return path

    def batches(self, kind: str, rows: Rows, *, skip: int = 0) -> Iterator[Batch]:
        """Batches of a kind, with our column names and forms, and the line numbers of the source's file."""
        path, dialect = self.path(rows.source), self.mapping.dialect(rows.source)
        header(path, dialect)
        for batch in batches(path, dialect, skip=skip):
            yield Batch(batch.number, self._mapped(batch.rows, kind, rows), batch.problems, batch.done, batch.total)

    def _mapped(self, frame: pl.DataFrame, kind: str, rows: Rows) -> pl.DataFrame:
        for join in rows.join:
            frame = self._join(frame, join)
        try:
            if rows.where:
                frame = frame.filter(pl.sql_expr(rows.where))
            made = frame.select(LINE, *(_made(value).alias(name) for name, value in rows.columns.items()))
        except (pl.exceptions.ColumnNotFoundError, pl.exceptions.SQLSyntaxError, pl.exceptions.SQLInterfaceError) as error:
            raise MappingBroken(f"{kind} from {rows.source}: {str(error).splitlines()[0]}") from None
        except pl.exceptions.PolarsError:  # its message can quote a row
            raise MappingBroken(
                f"{kind} from {rows.source}: a value cannot be computed; TRY_CAST gives no value instead"
            ) from None
        if rows.until and self.mapping.complete_until:
            last = self.mapping.complete_until.isoformat()
            made = made.filter((pl.col(rows.until) <= last).fill_null(True))
        return made

    def _join(self, frame: pl.DataFrame, join: Join) -> pl.DataFrame:
        other = self._whole(join.source)
        if join.where:
            other = other.filter(pl.sql_expr(join.where))
        key = join.their or join.key.rpartition(".")[2]
        other = other.unique(subset=[key], keep="first", maintain_order=True)
        other = other.rename({name: f"{join.source}.{name}" for name in other.columns})
        return frame.join(
            other, left_on=join.key, right_on=f"{join.source}.{key}", how="left", maintain_order="left", coalesce=False
        )

    def _whole(self, source: str) -> pl.DataFrame:
        if source not in self._joined:
            parts = [batch.rows.drop(LINE) for batch in batches(self.path(source), self.mapping.dialect(source))]
            self._joined[source] = pl.concat(parts) if parts else pl.DataFrame()
        return self._joined[source]


def _made(value: Value | str) -> pl.Expr:
    if isinstance(value, str):
        return pl.col(value)
    if value.const is not None:
        return pl.lit(value.const)
    text = pl.sql_expr(value.sql) if value.sql is not None else pl.col(str(value.column))
    text = text.cast(pl.String).str.strip_chars()
    if value.day:
        text = _day(text, value)
    if value.codes:
        text = _coded(text, value)
    return pl.lit(value.prefix) + text if value.prefix else text


def _coded(text: pl.Expr, value: Value) -> pl.Expr:
    filled = text.fill_null("")
    if value.otherwise is None:
        return filled.replace(value.codes)
    return filled.replace_strict(value.codes, default=value.otherwise, return_dtype=pl.String)


_PLACES = {"YYMMDD": (0, 2, 4), "YYYYMMDD": (0, 4, 6), "DDMMYYYY": (4, 2, 0), "MMDDYYYY": (4, 0, 2)}


def _day(text: pl.Expr, value: Value) -> pl.Expr:
    """Digits of a day as YYYY-MM-DD; anything after them (a time) is dropped, signs between them too."""
    form = str(value.day)
    digits = text.str.replace_all(r"[-./]", "").str.extract(rf"^(\d{{{len(form)}}})(\D|$)", 1)
    years = 2 if form == "YYMMDD" else 4
    year_at, month_at, day_at = _PLACES[form]
    year = digits.str.slice(year_at, years)
    year = pl.lit(str(value.century)) + year if years == 2 else year
    month = digits.str.slice(month_at, 2)
    if value.month_offset:
        number = month.cast(pl.Int32, strict=False)
        month = (
            pl.when(number > value.month_offset).then((number - value.month_offset).cast(pl.String).str.zfill(2)).otherwise(month)
        )
    return pl.concat_str(year, pl.lit("-"), month, pl.lit("-"), digits.str.slice(day_at, 2))
