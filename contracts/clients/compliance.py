"""What compliance is asked about texts, and what it says: `POST /v1/scan` (H23, H29)."""

from pydantic import BaseModel, ConfigDict, Field, ValidationError

SCAN = "/v1/scan"


class ScanText(BaseModel):
    """A text and the kind of content that it is."""

    text: str
    kind: str


class ScanQuestion(BaseModel):
    """Texts to judge."""

    texts: list[ScanText]

    @classmethod
    def of(cls, text: str, kind: str) -> "ScanQuestion":
        """The question about one text."""
        return cls(texts=[ScanText(text=text, kind=kind)])


class Finding(BaseModel):
    """One thing that may not be said, or is missing: its rule, and its place in code points."""

    model_config = ConfigDict(extra="ignore")

    rule: str = Field(pattern=r"^[a-z-]{1,60}$")
    start: int | None = None
    end: int | None = None


class TextVerdict(BaseModel):
    """The verdict on one text."""

    model_config = ConfigDict(extra="ignore")

    passes: bool
    findings: list[Finding]


class ScanVerdict(BaseModel):
    """The verdicts on all texts."""

    model_config = ConfigDict(extra="ignore")

    lexicon_version: int
    passes: bool
    results: list[TextVerdict]

    def places(self, most: int = 10) -> list[str]:
        """What is wrong and where, `rule at 3-7`; nothing of the text."""
        found = [finding for result in self.results for finding in result.findings]
        return [one.rule if one.start is None else f"{one.rule} at {one.start}-{one.end}" for one in found[:most]]


def read_verdict(body: bytes) -> ScanVerdict | None:
    """The verdict in an answer; None where the answer is none."""
    try:
        return ScanVerdict.model_validate_json(body)
    except ValidationError:
        return None
