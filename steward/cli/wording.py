"""`steward wording`: have the texts of a policy file judged before they are published (H23, H29)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import typer
import yaml

from contracts.wording import JudgedTexts, judgement_of
from steward.cli.common import CannotDo, console, readable_errors


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(wording)


def wording(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A policy file with texts for customers.")],
    kind: Annotated[Literal["template", "referral"], typer.Option(help="What kind of content its texts are.")] = "template",
) -> None:
    """Judge every text of a policy file, and write the judgement beside it. Exit code 1 when something may not be said."""
    from services.compliance.scanning.lexicon import shipped  # noqa: PLC0415  # keeps `steward --help` quick
    from services.compliance.scanning.rules.values import ContentKind  # noqa: PLC0415

    with readable_errors():
        scanner = shipped()
        try:
            texts = dict(texts_of(yaml.safe_load(file.read_text(encoding="utf-8"))))
        except (OSError, UnicodeDecodeError, yaml.YAMLError):
            raise CannotDo(f"{file} cannot be read as YAML") from None
        wrong = 0
        for place, text in texts.items():
            for found in scanner.scan(text, kind=ContentKind(kind)).findings:
                wrong += 1
                console.print(f"{place}: {found.rule} ({found.advice.clause}) {found.advice.suggestion['zh']}", highlight=False)
        if wrong:
            raise CannotDo(f"{wrong} places may not be said; no judgement was written")
        judged = JudgedTexts.of(texts.values(), lexicon_version=scanner.lexicon.version)
        judgement_of(file).write_text(judged.as_json(), encoding="utf-8")
        console.print(f"{judgement_of(file)}: {len(texts)} texts pass lexicon {scanner.lexicon.version}", highlight=False)


def texts_of(value: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Every string of a document with its place, `campaigns.0.title`."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from texts_of(inner, f"{place}.{name}".lstrip("."))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from texts_of(inner, f"{place}.{number}".lstrip("."))
    elif isinstance(value, str):
        yield place, value
