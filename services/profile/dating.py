"""Records of the feed know the day for which they were true, so that an older file never overwrites a newer one."""

from datetime import date

from sqlmodel import Field, SQLModel

UNDATED = date(1900, 1, 1)
"""The day of rows that say nothing of theirs: any dated row is later."""


class Dated(SQLModel):
    """`dated` is the day for which the core bank's row was true."""

    dated: date = Field(default=UNDATED, sa_column_kwargs={"server_default": UNDATED.isoformat()})
