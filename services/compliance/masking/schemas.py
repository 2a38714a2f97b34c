"""What masking looks like over HTTP."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from contracts.disclosure import Audience
from services.compliance.masking.values import Kind

MOST_ITEMS = 1_000
LONGEST_TEXT = 1_000_000


class MaskItem(BaseModel):
    """One text, or one JSON value of any shape."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str | None, Field(max_length=LONGEST_TEXT, description="A text; give this or `value`.")] = None
    value: Annotated[JsonValue, Field(description="Any JSON value: strings are masked, numbers and member names stay.")] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "MaskItem":
        if ("text" in self.model_fields_set) == ("value" in self.model_fields_set):
            raise ValueError("give either text or value")
        if "text" in self.model_fields_set and self.text is None:
            raise ValueError("text is a string")
        return self


class MaskRequest(BaseModel):
    """Up to 1,000 items for one audience."""

    model_config = ConfigDict(extra="forbid")

    audience: Audience = Field(
        default=Audience.OUTSIDE, description="Who will read it; outside shows less, nobody shows nothing."
    )
    items: list[MaskItem] = Field(min_length=1, max_length=MOST_ITEMS)


class FindingOut(BaseModel):
    """Where something was found. Nothing of what was found is repeated."""

    kind: Kind
    start: int = Field(description="First character in the original, counted in Unicode code points from 0.")
    end: int = Field(description="The character after the last one.")
    confidence_bp: int = Field(description="How sure the rule is, in basis points: with a check digit nearly 10000.")


class PlacedOut(FindingOut):
    """The same within a JSON value."""

    pointer: str = Field(description="JSON pointer (RFC 6901) of the string; start and end count within it.")


class MaskedText(BaseModel):
    """A masked text."""

    mode: Literal["text"] = "text"
    text: str
    findings: list[FindingOut]


class MaskedValue(BaseModel):
    """A masked JSON value."""

    mode: Literal["json"] = "json"
    value: JsonValue
    findings: list[PlacedOut]


class MaskAnswer(BaseModel):
    """The items in the order of the request."""

    policy_version: int
    items: list[MaskedText | MaskedValue]
