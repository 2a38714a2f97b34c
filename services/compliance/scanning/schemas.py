"""What a scan looks like over HTTP."""

from pydantic import BaseModel, ConfigDict, Field

from contracts.values import ProductClass
from services.compliance.scanning.rules.values import ContentKind

MOST_TEXTS = 1_000
LONGEST_TEXT = 20_000


class TextIn(BaseModel):
    """A text that is to leave the bank."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=LONGEST_TEXT, examples=["理财非存款，产品有风险，投资须谨慎。"])
    kind: ContentKind
    product_class: ProductClass | None = Field(
        default=None, description="What the text is about; a proposal that does not say is held to the rules of investments."
    )


class ScanIn(BaseModel):
    """Texts to judge."""

    model_config = ConfigDict(extra="forbid")

    texts: list[TextIn] = Field(min_length=1, max_length=MOST_TEXTS)


class Suggestion(BaseModel):
    """What to write instead."""

    zh: str
    en: str


class FindingOut(BaseModel):
    """One thing that may not be said, or that is missing."""

    rule: str = Field(examples=["principal-promised"])
    phrase: str | None = Field(description="The lexicon's phrase; null for wording that is missing.", examples=["保本保息"])
    start: int | None = Field(description="Place in the text as it was sent, in Unicode code points from 0.")
    end: int | None = Field(description="The code point after the last one.")
    clause: str = Field(description="What forbids the wording, or asks for it.")
    suggestion: Suggestion


class ResultOut(BaseModel):
    """The verdict on one text."""

    passes: bool
    complete: bool = Field(description="False where a text holds more places than are judged; such a text does not pass.")
    findings: list[FindingOut]


class ScanOut(BaseModel):
    """The verdicts, in the order of the texts."""

    lexicon_version: int
    passes: bool = Field(description="Whether all texts pass.")
    results: list[ResultOut]
