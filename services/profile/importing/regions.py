"""Region codes of resident identity numbers (GB/T 2260), those withdrawn since included: old numbers keep them."""

from functools import cache

import polars as pl
from stdnum import numdb

CODE_DIGITS = 6


@cache
def is_region(code: str) -> bool:
    """Whether the six digits are or were the code of a county, district or city."""
    return any("county" in known for _, known in numdb.get("cn/loc").info(code))


def unknown_region(id_number: pl.Expr) -> pl.Expr:
    """Whether the first six digits of a column of resident numbers are no region's. Each code is looked up once."""
    return id_number.str.slice(0, CODE_DIGITS).map_batches(_unknown, return_dtype=pl.Boolean)


def _unknown(codes: pl.Series) -> pl.Series:
    distinct = codes.drop_nulls().unique()
    unknown = [code for code in distinct if not is_region(code)]
    return codes.is_in(unknown)
