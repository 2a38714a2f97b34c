"""Masked values as a type of their own: an answer's field that takes `MaskedPhone` cannot be given a phone.

mypy refuses a plain string there, and so does pydantic while the answer is made. Masked values are for reading: the type has no
use as a key, and nothing stores or joins on it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, TypeAlias

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from contracts.disclosure.fields import Audience, DataField
from contracts.disclosure.forms import writer
from contracts.disclosure.policy import DisclosurePolicy, disclosure_policy

MARK = "x-masked"
"""What a masked field carries in the OpenAPI document, with the name of the policy's field."""


class Masked(str):
    """Text that went through the policy. Only `Disclosure.show` makes one, and clients that read an answer."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:  # Any: pydantic's
        return core_schema.json_or_python_schema(
            json_schema=core_schema.no_info_after_validator_function(cls, core_schema.str_schema()),
            python_schema=core_schema.is_instance_schema(cls),
            serialization=core_schema.to_string_ser_schema(),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string"}


@dataclass(frozen=True, slots=True)
class _As:
    """Names the policy's field in the schema of an answer."""

    field: DataField

    def __get_pydantic_json_schema__(self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), MARK: self.field.value}


MaskedName: TypeAlias = Annotated[Masked, _As(DataField.NAME)]
MaskedIdentityNumber: TypeAlias = Annotated[Masked, _As(DataField.IDENTITY_NUMBER)]
MaskedPhone: TypeAlias = Annotated[Masked, _As(DataField.PHONE)]
MaskedCard: TypeAlias = Annotated[Masked, _As(DataField.CARD)]
MaskedEmail: TypeAlias = Annotated[Masked, _As(DataField.EMAIL)]
MaskedAddress: TypeAlias = Annotated[Masked, _As(DataField.ADDRESS)]

_DOCUMENTS = {
    "resident_id": DataField.IDENTITY_NUMBER,
    "passport": DataField.PASSPORT,
    "hk_macau_permit": DataField.HK_MACAU_PERMIT,
    "taiwan_permit": DataField.TAIWAN_PERMIT,
}


class Disclosure:
    """What one audience sees."""

    def __init__(self, audience: Audience, policy: DisclosurePolicy | None = None) -> None:
        policy = policy or disclosure_policy()
        self.audience = audience
        self.version = policy.version
        self._writers = {field: writer(field, rule.forms[audience]) for field, rule in policy.fields.items()}
        self._whole = frozenset(field for field, rule in policy.fields.items() if rule.forms[audience].show)

    def show(self, field: DataField, value: str) -> Masked:
        """The value in the audience's form; an empty one stays empty."""
        return Masked(self._writers[field](value)) if value else Masked("")

    def show_known(self, field: DataField, value: str | None) -> Masked | None:
        """The same for a value that may not be known."""
        return None if value is None else self.show(field, value)

    def show_document(self, id_type: str, number: str | None) -> Masked | None:
        """The number of an identity document by its type; a type that the policy does not know is hidden as a passport is."""
        return self.show_known(_DOCUMENTS.get(id_type, DataField.PASSPORT), number)

    def sees(self, field: DataField) -> bool:
        """Whether the audience sees the field whole: for days and amounts, which have no masked form."""
        return field in self._whole


@cache
def disclosure_to(audience: Audience) -> Disclosure:
    """What this audience sees by the packaged policy."""
    return Disclosure(audience)


def disclosure_for(roles: Iterable[str], purpose: str) -> Disclosure:
    """What somebody with these roles sees for this purpose."""
    return disclosure_to(disclosure_policy().audience(roles, purpose))
