"""Texts that compliance has judged: what a policy file says to customers is known by its digest before it is published (H23).

`steward wording` asks the lexicon about the texts of a policy file and writes the judgement beside it, `<name>.judged.json`.
Whoever publishes the file takes no text that the judgement does not hold: an edited text has another digest.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.values import RuleBroken


class WordingNotJudged(RuleBroken):
    """A text for customers that compliance has not judged, or has judged before it was edited."""

    rule = "wording-not-judged"
    fix = "Run `steward wording FILE`: it names what may not be said, or writes the judgement that is missing."


class JudgedTexts(BaseModel):
    """The texts of one file that passed, as SHA-256 in hexadecimal, and the lexicon's version that judged them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lexicon_version: int = Field(ge=1)
    passed: frozenset[str]

    @classmethod
    def of(cls, texts: Iterable[str], *, lexicon_version: int) -> "JudgedTexts":
        """The judgement on texts that passed."""
        return cls(lexicon_version=lexicon_version, passed=frozenset(map(_digest, texts)))

    def as_json(self) -> str:
        """The file's content, in the same order every time."""
        passed = ",\n".join(f'  "{digest}"' for digest in sorted(self.passed))
        return f'{{"lexicon_version": {self.lexicon_version}, "passed": [\n{passed}\n]}}\n'

    def require(self, texts: Iterable[str]) -> None:
        """Raises `WordingNotJudged` with the number of the first text that is not among them; no text is repeated."""
        for number, text in enumerate(texts, 1):
            if _digest(text) not in self.passed:
                raise WordingNotJudged(f"text {number}")


def judgement_of(path: Path) -> Path:
    """Where the judgement on a policy file lies."""
    return path.with_name(f"{path.stem}.judged.json")


def read_judgement(path: Path) -> JudgedTexts:
    """The judgement on the policy file at `path`. Raises `WordingNotJudged` where there is none."""
    try:
        return JudgedTexts.model_validate_json(judgement_of(path).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValidationError):
        raise WordingNotJudged("there is no judgement beside the file") from None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
