"""The policy of the watch, read once from its packaged file, typed and checked: a wrong word is an error at start."""

from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.values import SignalKind
from services.compliance.watch.rules import AlertOutcome, AnnouncementRule, Audience, KindRule, Rung, Step, WatchRules


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(_Part):
    """A text for staff and customers."""

    zh: str
    en: str


class KindPart(_Part):
    """A kind of alert. In `script`, {account}, {day}, {amount} (yuan) and {purchases} are filled in when it is shown."""

    source: str
    contact_within_hours: Annotated[int, Field(ge=1, le=24)]
    announceable: bool
    locks_sales: bool
    outcomes: tuple[AlertOutcome, ...] = Field(min_length=1)
    script: Text
    account: Text
    no_account: Text
    reasons: dict[str, Text]

    @model_validator(mode="after")
    def _explained_needs_reasons(self) -> Self:
        if (AlertOutcome.EXPLAINED in self.outcomes) != bool(self.reasons) or AlertOutcome.ANNOUNCED in self.outcomes:
            raise ValueError("explained goes with reasons; announced is no outcome to be recorded")
        return self


class RungPart(_Part):
    """A rung of the clock."""

    percent: Annotated[int, Field(ge=1, le=100)]
    step: Step
    audience: tuple[Audience, ...] = Field(min_length=1)
    text: Text


class AnnouncementPart(_Part):
    """What can be announced."""

    max_ahead_days: Annotated[int, Field(ge=0, le=365)]
    max_days: Annotated[int, Field(ge=1, le=366)]
    max_fen: Annotated[int, Field(ge=1)]
    purposes: dict[str, Text] = Field(min_length=1)


class NoticePart(Text):
    """What a customer is told about a measure and the way to appeal (Anti-Telecom-Fraud Law art. 18, 32)."""

    clause: str


class FreezePart(_Part):
    """How a freeze request is delivered."""

    source: str
    attempt_seconds: Annotated[float, Field(gt=0, le=60)]
    retry_after_seconds: tuple[Annotated[int, Field(ge=1)], ...] = Field(min_length=1, max_length=50)
    notice: NoticePart


class WatchPolicy(_Part):
    """The document."""

    version: Annotated[int, Field(ge=1)]
    effective_from: date
    kinds: dict[SignalKind, KindPart]
    rungs: tuple[RungPart, ...] = Field(min_length=1)
    attempts_until_unreachable: Annotated[int, Field(ge=1)]
    announcements: AnnouncementPart
    freeze: FreezePart

    @model_validator(mode="after")
    def _kinds_are_those_of_the_watch(self) -> Self:
        if set(self.kinds) != {SignalKind.LARGE_OUTFLOW, SignalKind.HIGH_RISK_STREAK}:
            raise ValueError("kinds are large_outflow and high_risk_streak")
        return self

    @model_validator(mode="after")
    def _rungs_end_in_the_escalation(self) -> Self:
        percents = [rung.percent for rung in self.rungs]
        if percents != sorted(set(percents)) or percents[-1] != 100:  # the whole of the time
            raise ValueError("rungs ascend, and the last one is at 100")
        if [rung.step is Step.ESCALATE for rung in self.rungs] != [False] * (len(percents) - 1) + [True]:
            raise ValueError("the last rung, and no other, is the escalation")
        return self

    def rules(self) -> WatchRules:
        """The document as the rules know it."""
        announcements = self.announcements
        return WatchRules(
            version=self.version,
            kinds={
                kind: KindRule(
                    timedelta(hours=part.contact_within_hours),
                    part.announceable,
                    part.locks_sales,
                    part.outcomes,
                    tuple(part.reasons),
                )
                for kind, part in self.kinds.items()
            },
            rungs=tuple(Rung(part.percent, part.step, part.audience) for part in self.rungs),
            attempts_until_unreachable=self.attempts_until_unreachable,
            announcements=AnnouncementRule(
                announcements.max_ahead_days, announcements.max_days, announcements.max_fen, tuple(announcements.purposes)
            ),
        )


def parse(text: str) -> WatchPolicy:
    """A document in YAML. Raises pydantic's ValidationError."""
    return WatchPolicy.model_validate(yaml.safe_load(text))


@cache
def shipped() -> WatchPolicy:
    """The document of this release."""
    return parse((files("services.compliance") / "policies" / "watch.yaml").read_text(encoding="utf-8"))


@cache
def rules() -> WatchRules:
    """The rules of this release."""
    return shipped().rules()
