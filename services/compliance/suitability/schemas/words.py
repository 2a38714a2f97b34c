"""Words that the gate's bodies share."""

from typing import Annotated, TypeAlias

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

_MOST_FEN = 10**15

AmountFen: TypeAlias = Annotated[int, Field(ge=1, le=_MOST_FEN, description="In fen.")]
ProductCode: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")]
SaleNo: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,40}$", description="The sale's own number; no personal data.")]
StaffNo: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,20}$")]

ProductPath: TypeAlias = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,40}$")]
SalePath: TypeAlias = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,40}$")]
StaffPath: TypeAlias = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,20}$")]


class Body(BaseModel):
    """A body in which only what is asked for may stand."""

    model_config = ConfigDict(extra="forbid")


class Text(BaseModel):
    """The same in Chinese (simplified) and English."""

    zh: str
    en: str
