"""What differs between two versions of a tier policy, place by place, as a person would say it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.tiering.document import PolicyDocument, unquoted


class Kind(StrEnum):
    """How a place differs."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place that differs. Rows are named by their reason code; `before` and `after` are None where there is nothing."""

    place: str
    kind: Kind
    before: str | None
    after: str | None


def differences(before: PolicyDocument, after: PolicyDocument) -> list[Difference]:
    """Every difference in what decides and what is said; layout of the table in an editor is none. Both were checked."""
    places = [_places(before), _places(after)]
    found = [*_differing(*places)]
    orders = [[reason for reason in _order(one) if reason in _order(other)] for one, other in ((before, after), (after, before))]
    for place, (old, new) in enumerate(zip(*orders, strict=True), start=1):
        if old != new:
            found.append(Difference(f"table.row {place}", Kind.MOVED, old, new))
    return found


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    for place in [*before, *(place for place in after if place not in before)]:
        old, new = before.get(place), after.get(place)
        if old == new:
            continue
        kind = Kind.ADDED if old is None else Kind.REMOVED if new is None else Kind.CHANGED
        yield Difference(place, kind, old, new)


def _order(document: PolicyDocument) -> list[str]:
    outputs = {column.field: column.id for column in document.content.outputs}
    return [unquoted(rule[outputs["reason"]]) for rule in document.content.rules]


def _places(document: PolicyDocument) -> dict[str, str]:
    """Everything that decides or is said, by a name that does not depend on where it stands."""
    settings = document.downgrades
    found = {
        "title.zh": document.title.zh,
        "title.en": document.title.en,
        "currency": document.currency,
        "downgrade.grace_days": str(settings.grace_days),
        "downgrade.max_steps": str(settings.max_steps),
    }
    for code, text in document.texts.items():
        found |= {f"texts.{code}.zh": text.zh, f"texts.{code}.en": text.en, f"texts.{code}.source": text.source}
    for column in document.content.inputs:
        found[f"table.inputs.{column.field}"] = column.name
    for row in document.rows():
        found[f"table.{row.reason}.tier"] = row.tier.value
        found |= {f"table.{row.reason}.{name}": cell.strip() for name, cell in row.cells.items()}
    return found
