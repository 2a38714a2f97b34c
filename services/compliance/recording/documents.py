"""The documents of recordings: scripts by class of product, and retention. What is wrong in one is named by its place."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.values import ProductClass, RuleBroken
from services.compliance.documents.kinds import KINDS, Kind
from services.compliance.recording.rules.retention import RetentionPolicy, RetentionRule
from services.compliance.recording.rules.states import Checkpoint, Script
from services.compliance.scanning.checking import check_wording

SCRIPTS = "recording_scripts"
RETENTION = "recording_retention"
"""Kinds of policy documents."""

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
_Line = Annotated[str, Field(min_length=1, max_length=500)]
_Clause = Annotated[str, Field(min_length=1, max_length=200)]
_MOST_YEARS = 100


class NoScript(RuleBroken):
    """No script for this class of product: deposits and loans are not recorded."""

    rule = "recording-script-missing"
    fix = "Give the product's class as the bank keeps it; for a class that must be recorded, publish a script first."


class Document(BaseModel):
    """A part of a document: no member that is not known, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Wording(Document):
    """A text in the two languages of the house; staff and customers read zh."""

    zh: _Line
    en: _Line


class CheckpointText(Document):
    """A checkpoint: what is said there, and the clause that asks for it."""

    code: Code
    clause: _Clause
    text: Wording
    affirmation: bool = False


class ClassScript(Document):
    """The script of some classes of products."""

    classes: frozenset[ProductClass] = Field(min_length=1)
    checkpoints: tuple[CheckpointText, ...] = Field(min_length=1, max_length=30)


class ScriptsDocument(Document):
    """All scripts of a version. `understanding` is the checkpoint at which a customer says that they understand (H24)."""

    scripts: tuple[ClassScript, ...] = Field(min_length=1)
    understanding: Code
    abandon_reasons: dict[Code, Wording] = Field(min_length=1)
    fail_reasons: dict[Code, Wording] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_class_once(self) -> Self:
        classes = [one for script in self.scripts for one in script.classes]
        if len(set(classes)) != len(classes):
            raise ValueError("a class of products has one script")
        for script in self.scripts:
            codes = [checkpoint.code for checkpoint in script.checkpoints]
            if len(set(codes)) != len(codes):
                raise ValueError("a checkpoint stands once in a script")
            if not any(one.code == self.understanding and one.affirmation for one in script.checkpoints):
                raise ValueError("each script has the checkpoint of `understanding`, with affirmation")
        return self

    @model_validator(mode="after")
    def _may_be_said(self) -> Self:
        for number, script in enumerate(self.scripts):
            text = "\n".join(checkpoint.text.zh for checkpoint in script.checkpoints)
            check_wording(text, min(script.classes), place=f"scripts.{number}")
        return self

    def lines(self, product_class: ProductClass) -> tuple[CheckpointText, ...]:
        """The checkpoints for a class, in their order. Raises `NoScript`."""
        for script in self.scripts:
            if product_class in script.classes:
                return script.checkpoints
        raise NoScript("no script for this class of products", field="body.product_class")

    def script(self, product_class: ProductClass, *, version: int) -> Script:
        """The rules' view of it. Raises `NoScript`."""
        return Script(
            version=version,
            checkpoints=tuple(Checkpoint(line.code, line.affirmation) for line in self.lines(product_class)),
            abandon_reasons=frozenset(self.abandon_reasons),
            fail_reasons=frozenset(self.fail_reasons),
        )


class _Retention(Document):
    code: Code
    years: int = Field(ge=1, le=_MOST_YEARS)
    clause: _Clause
    classes: frozenset[ProductClass] = frozenset()
    products: frozenset[str] = frozenset()
    term_from_months: int | None = Field(default=None, ge=0)
    term_to_months: int | None = Field(default=None, ge=0)


class _Dispute(Document):
    years: int = Field(ge=1, le=_MOST_YEARS)
    clause: _Clause


class RetentionDocument(Document):
    """How long recordings are kept. One rule at least applies to every product, so that none is kept for no time."""

    rules: tuple[_Retention, ...] = Field(min_length=1)
    dispute: _Dispute

    @model_validator(mode="after")
    def _somebody_for_everybody(self) -> Self:
        codes = [rule.code for rule in self.rules]
        if len(set(codes)) != len(codes):
            raise ValueError("a code names one rule")
        bounds = ("classes", "products", "term_from_months", "term_to_months")
        if not any(all(not getattr(rule, bound) for bound in bounds) for rule in self.rules):
            raise ValueError("one rule has no conditions, so that every recording is kept")
        return self

    def policy(self, version: int) -> RetentionPolicy:
        """The rules' view of it."""
        rules = tuple(
            RetentionRule(
                code=rule.code,
                years=rule.years,
                clause=rule.clause,
                classes=rule.classes,
                products=rule.products,
                term_from=rule.term_from_months,
                term_to=rule.term_to_months,
            )
            for rule in self.rules
        )
        return RetentionPolicy(version, rules, self.dispute.years, self.dispute.clause)


KINDS.declare(SCRIPTS, Kind(ScriptsDocument.model_validate, "recording/scripts.yaml"))
KINDS.declare(RETENTION, Kind(RetentionDocument.model_validate, "recording/retention.yaml"))
