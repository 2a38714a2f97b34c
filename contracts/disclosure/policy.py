"""The disclosure policy: one packaged file, read once and checked. A wrong word is an error at start, never a default."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.disclosure.fields import MASKED, SHORTEST, Audience, DataClass, DataField
from contracts.values import Purpose, Role

HIDDEN_AT_LEAST = len(MASKED)
_SHOWN_AT_END = 4
_USUAL_LENGTH = 12
_Count = Annotated[int, Field(ge=0, le=8)]
_WORDS = {DataField.EMAIL: "mail_domain", DataField.ADDRESS: "district", DataField.NAME: "family_name"}
_SHOWABLE = frozenset({DataField.BIRTH_DATE, DataField.BALANCE, DataField.OPENING_DATE, DataField.BRANCH})
"""Fields that the bank's work needs whole; every other is masked for everybody."""


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Form(_Document):
    """What stays of a value; everything else is hidden. Nothing said: nothing stays."""

    first: _Count = 0
    last: Annotated[int, Field(ge=0, le=_SHOWN_AT_END)] = 0
    hide_last: Annotated[int | None, Field(ge=HIDDEN_AT_LEAST, le=18)] = None
    keep: Literal["family_name", "district", "mail_domain"] | None = None
    show: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.show and (self.first or self.last or self.keep or self.hide_last is not None):
            raise ValueError("show stands alone")
        if self.hide_last is not None and (self.first or self.last or self.keep):
            raise ValueError("hide_last stands alone")
        if (self.last and self.keep) or (self.first and self.keep not in (None, "mail_domain")):
            raise ValueError("keep goes with nothing but first, for mail addresses")
        return self


class FieldRule(_Document):
    """One field: its class, the clause, how answers call it, and its form for each audience."""

    data_class: DataClass = Field(alias="class")
    clause: str = Field(min_length=1)
    names: tuple[str, ...] = ()
    forms: Mapping[Audience, Form]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if set(self.forms) != set(Audience):
            raise ValueError("each field needs a form for each audience")
        if self.data_class is DataClass.C3 and any(form != Form() for form in self.forms.values()):
            raise ValueError("C3 is never shown to anybody")
        if self.data_class is DataClass.C2 and self.forms[Audience.NOBODY] != Form():
            raise ValueError("nothing of C2 is for nobody")
        return self


class DisclosurePolicy(_Document):
    """Forms by field and audience; audiences by role and purpose."""

    version: int = Field(ge=1)
    about: tuple[str, ...] = ()
    fields: Mapping[DataField, FieldRule]
    readers: Mapping[Role, Mapping[Purpose, Literal[Audience.INSIDE, Audience.OUTSIDE]]]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if set(self.fields) != set(DataField):
            raise ValueError("each field needs a rule")
        for field, rule in self.fields.items():
            for form in rule.forms.values():
                if form.show and field not in _SHOWABLE:
                    raise ValueError(f"{field} is never shown whole")
                if form.keep not in (None, _WORDS.get(field)):
                    raise ValueError(f"{field} cannot keep {form.keep}")
                if form.first + form.last + HIDDEN_AT_LEAST > SHORTEST.get(field, _USUAL_LENGTH):
                    raise ValueError(f"{field} would show nearly everything")
        return self

    def audience(self, roles: Iterable[str], purpose: str) -> Audience:
        """As whom somebody with these roles reads for this purpose.

        Of the roles that have the purpose, the one that sees least decides. Without any it is NOBODY: an unknown role or
        purpose gets the strictest form there is.
        """
        known = [self.readers[Role(role)] for role in roles if role in self.readers]
        found = [reader[Purpose(purpose)] for reader in known if purpose in reader]
        return max(found, key=list(Audience).index, default=Audience.NOBODY)


def parse_disclosure(text: str) -> DisclosurePolicy:
    """The policy of a JSON document. Raises pydantic's ValidationError, and ValueError for text that is no JSON."""
    document: dict[str, Any] = json.loads(text)  # Any: JSON, checked on the next line
    return DisclosurePolicy.model_validate(document)


@cache
def disclosure_policy() -> DisclosurePolicy:
    """policy.json of this package."""
    return parse_disclosure(files("contracts.disclosure").joinpath("policy.json").read_text(encoding="utf-8"))
