"""The document of the care for older customers: texts, waiting times, and what each risk level needs."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.values import ProductClass, RiskLevel
from services.compliance.care.rules.values import CareNeed, CarePolicy, SaleChannel
from services.compliance.documents.kinds import KINDS, Kind
from services.compliance.scanning.checking import check_wording

OLDER_CARE = "older_care"
"""The kind of policy document."""

_ASKED = "不保证收益"
"""What the question must name, in the handbook's words (H24): 您是否理解该产品不保证收益."""

_Phrase = Annotated[str, Field(min_length=1, max_length=20)]
_Line = Annotated[str, Field(min_length=1, max_length=500)]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PromptText(_Document):
    """A text in both languages."""

    zh: _Line
    en: _Line


class PromptLines(_Document):
    """Short lines for large type, in both languages."""

    zh: tuple[_Line, ...] = Field(min_length=1, max_length=12)
    en: tuple[_Line, ...] = Field(min_length=1, max_length=12)


class _Level(_Document):
    cooling_off_hours: int = Field(ge=1, le=24 * 30)
    needs: dict[SaleChannel, frozenset[CareNeed]]

    @model_validator(mode="after")
    def _both_channels(self) -> Self:
        least = {CareNeed.PROMPT, CareNeed.ACKNOWLEDGEMENT}
        if set(self.needs) != set(SaleChannel) or any(not least <= needs for needs in self.needs.values()):
            raise ValueError("each channel needs at least the prompt and its acknowledgement (H24)")
        return self


class CareDocument(_Document):
    """A version of the care."""

    clause: str = Field(min_length=1, max_length=200)
    prompt: PromptText
    large_type: PromptLines
    question: PromptText
    button: PromptText
    reading_seconds: int = Field(ge=1, le=600)
    affirmations: tuple[_Phrase, ...] = Field(min_length=1)
    denials: tuple[_Phrase, ...] = Field(min_length=1)
    levels: dict[RiskLevel, _Level] = Field(min_length=1)

    @model_validator(mode="after")
    def _asks_the_question(self) -> Self:
        if _ASKED not in self.question.zh:
            raise ValueError("the question asks whether the customer understands that no return is guaranteed (H24)")
        return self

    @model_validator(mode="after")
    def _may_be_said(self) -> Self:
        for form, shown in (("prompt", self.prompt.zh), ("large_type", "\n".join(self.large_type.zh))):
            check_wording(f"{shown}\n{self.question.zh}\n{self.button.zh}", ProductClass.FUND, place=form)
        return self

    def policy(self, version: int) -> CarePolicy:
        """The rules' view of it."""
        return CarePolicy(
            version=version,
            reading=timedelta(seconds=self.reading_seconds),
            needs={(level, channel): needs for level, one in self.levels.items() for channel, needs in one.needs.items()},
            cooling_off={level: timedelta(hours=one.cooling_off_hours) for level, one in self.levels.items()},
            affirmations=self.affirmations,
            denials=self.denials,
        )


KINDS.declare(OLDER_CARE, Kind(CareDocument.model_validate, "care/older_care.yaml"))
