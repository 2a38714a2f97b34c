"""The lexicon, read from packaged files and checked: one whose own examples are judged wrongly is an error at start."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import orjson
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from contracts.values import ProductClass
from services.compliance.scanning.rules.scanner import Scanner
from services.compliance.scanning.rules.values import (
    Advice,
    ContentKind,
    Grammar,
    Lexicon,
    Requirement,
    Spelling,
    Verdict,
    Wording,
)

_FOLDER = "wording"
_ALTERNATIVES = re.compile(r"\(([^()]*)\)")
_MOST_SPELLED = 50_000


class ExampleJudgedWrongly(ValueError):
    """An example of the lexicon is judged otherwise than it says."""


def spelled_out(patterns: Iterable[str]) -> frozenset[str]:
    """Every phrase that the patterns stand for; `(a|b|)` is a, b or nothing. Raises ValueError for an open bracket."""
    phrases = frozenset(" ".join("".join(parts).split()) for pattern in patterns for parts in itertools.product(*_parts(pattern)))
    if any("(" in phrase or ")" in phrase or not phrase for phrase in phrases):
        raise ValueError("a phrase is empty or has a bracket without its partner")
    if len(phrases) > _MOST_SPELLED:
        raise ValueError(f"a list stands for more than {_MOST_SPELLED} phrases")
    return phrases


def _parts(pattern: str) -> Iterator[list[str]]:
    for place, part in enumerate(_ALTERNATIVES.split(pattern)):
        yield part.split("|") if place % 2 else [part]


def _phrases(value: object) -> object:
    return spelled_out(map(str, value)) if isinstance(value, list) else value


def _characters(value: object) -> object:
    return {one: meant for meant, written in value.items() for one in written} if isinstance(value, dict) else value


_Phrases: TypeAlias = Annotated[frozenset[str], BeforeValidator(_phrases), Field(min_length=1)]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Text(_Document):
    zh: str
    en: str


class _Example(_Document):
    text: str
    kind: ContentKind = ContentKind.DRAFT
    product_class: ProductClass | None = Field(default=None, alias="class")


class _Section(_Document):
    rule: str = Field(pattern=r"^[a-z]+(-[a-z]+)*$")
    clause: str = Field(min_length=1)
    suggestion: _Text
    phrases: _Phrases

    def advice(self) -> Advice:
        return Advice(clause=self.clause, suggestion=self.suggestion.model_dump())


class _Wording(_Section):
    fails: tuple[str, ...] = Field(min_length=1)
    passes: tuple[str, ...] = Field(min_length=1)


class _Requirement(_Section):
    kinds: frozenset[ContentKind] = Field(min_length=1)
    classes: frozenset[ProductClass]
    unclassed: frozenset[ContentKind]
    fails: tuple[_Example, ...] = Field(min_length=1)
    passes: tuple[_Example, ...] = Field(min_length=1)


class _Spelling(_Document):
    homophones_from: int = Field(ge=1)
    lookalikes: dict[str, str]
    homophones: Annotated[dict[str, str], BeforeValidator(_characters)]


class _Grammar(_Document):
    negators: _Phrases
    prohibitions: _Phrases
    carriers: _Phrases
    fillers: _Phrases
    connectors: _Phrases
    stoppers: _Phrases
    trailers: _Phrases
    denials: _Phrases


class _Traditional(_Document):
    source: str
    licence: Literal["Apache-2.0"]
    pairs: tuple[str, ...]

    def mapping(self) -> dict[str, str]:
        letters = "".join(self.pairs)
        return dict(zip(letters[::2], letters[1::2], strict=True))


class _Lexicon(_Document):
    version: int = Field(ge=1)
    wordings: tuple[_Wording, ...] = Field(min_length=1)
    requirements: tuple[_Requirement, ...]
    harmless: _Phrases
    spelling: _Spelling
    grammar: _Grammar


def parse(text: str, *, traditional: str) -> Scanner:
    """The scanner of a YAML lexicon with its table of traditional characters.

    Raises pydantic's ValidationError, and `ExampleJudgedWrongly` with the number of the example.
    """
    document = _Lexicon.model_validate(yaml.safe_load(text))
    table = _Traditional.model_validate(orjson.loads(traditional)).mapping()
    scanner = Scanner(_lexicon(document, table))
    _check(scanner, document)
    return scanner


def _lexicon(document: _Lexicon, traditional: dict[str, str]) -> Lexicon:
    return Lexicon(
        version=document.version,
        wordings=tuple(Wording(rule=one.rule, advice=one.advice(), phrases=one.phrases) for one in document.wordings),
        requirements=tuple(
            Requirement(
                rule=one.rule,
                advice=one.advice(),
                kinds=one.kinds,
                classes=one.classes,
                unclassed=one.unclassed,
                phrases=one.phrases,
            )
            for one in document.requirements
        ),
        harmless=document.harmless,
        grammar=Grammar(**dict(document.grammar)),
        spelling=Spelling(traditional=traditional, **dict(document.spelling)),
    )


def _check(scanner: Scanner, document: _Lexicon) -> None:
    sections: tuple[_Wording | _Requirement, ...] = (*document.wordings, *document.requirements)
    wrong = [
        f"{section.rule}: {told} {number}"
        for section in sections
        for told, number, example in _examples(section)
        if _fails(_judged(scanner, example), section.rule, told) != (told == "fails")
    ]
    if wrong:
        raise ExampleJudgedWrongly(", ".join(wrong))


def _examples(section: _Wording | _Requirement) -> Iterator[tuple[str, int, str | _Example]]:
    told: tuple[tuple[str, Sequence[str | _Example]], ...] = (("fails", section.fails), ("passes", section.passes))
    for word, examples in told:
        for number, example in enumerate(examples):
            yield word, number, example


def _judged(scanner: Scanner, example: str | _Example) -> Verdict:
    if isinstance(example, str):
        return scanner.scan(example)
    return scanner.scan(example.text, kind=example.kind, product_class=example.product_class)


def _fails(verdict: Verdict, rule: str, told: str) -> bool:
    """An example fails by its own rule, and passes all of them."""
    return any(finding.rule == rule for finding in verdict.findings) if told == "fails" else not verdict.passes


@cache
def shipped() -> Scanner:
    """The scanner of the packaged lexicon."""
    folder = Path(str(files("services.compliance").joinpath("policies", _FOLDER)))
    lexicon, traditional = (folder.joinpath(name).read_text(encoding="utf-8") for name in ("lexicon.yaml", "traditional.json"))
    return parse(lexicon, traditional=traditional)
