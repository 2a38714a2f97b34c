"""`python -m steward.contracts [--check] [--accept-breaking]`."""

import argparse
import json
import sys
from pathlib import Path

from contracts.events import REGISTRY
from steward.contracts.asyncapi import asyncapi
from steward.contracts.catalogue import catalogue
from steward.contracts.compare import event_breaks, openapi_breaks
from steward.contracts.documents import apps, consumers, event_schema, openapi
from steward.contracts.schemas import Json

ROOT = Path(__file__).resolve().parents[2]
GENERATED = Path("contracts/generated")
CATALOGUE = Path("docs/events.md")


def generated() -> dict[Path, str]:
    """Every generated file by its path from the root, with its text."""
    with apps() as built:
        takers = consumers(built)
        files = {GENERATED / "openapi" / f"{name}.json": _text(openapi(name, app)) for name, app in built.items()}
    schemas = {name: event_schema(event) for name, event in REGISTRY.items()}
    files.update({GENERATED / "events" / f"{name}.json": _text(schema) for name, schema in schemas.items()})
    files[GENERATED / "asyncapi.json"] = _text(asyncapi(schemas, takers))
    files[CATALOGUE] = catalogue(schemas, takers)
    return files


def stored(root: Path = ROOT) -> dict[Path, str]:
    """Every generated file that stands in the tree."""
    paths = [*(root / GENERATED).rglob("*.json"), root / CATALOGUE]
    return {path.relative_to(root): path.read_text(encoding="utf-8") for path in paths if path.is_file()}


def drift(old: dict[Path, str], new: dict[Path, str]) -> list[str]:
    """Files that differ from what the code says, as sentences."""
    return [
        f"{path}: {'missing' if path not in old else 'left over' if path not in new else 'out of date'}"
        for path in sorted({*old, *new})
        if old.get(path) != new.get(path)
    ]


def breaking(old: dict[Path, str], new: dict[Path, str]) -> list[str]:
    """What would break those who read the stored contracts, as sentences."""
    found: list[str] = []
    for path, text in sorted(old.items()):
        if path.parent not in (GENERATED / "events", GENERATED / "openapi"):
            continue
        if path not in new:
            found.append(f"{path.stem}: the contract is gone")
            continue
        compare = event_breaks if path.parent.name == "events" else openapi_breaks
        found += [f"{path.stem}: {change}" for change in compare(json.loads(text), json.loads(new[path]))]
    return found


def _text(document: Json) -> str:
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _write(old: dict[Path, str], new: dict[Path, str]) -> None:
    for path in old.keys() - new.keys():
        (ROOT / path).unlink()
    for path, text in new.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        if old.get(path) != text:
            (ROOT / path).write_text(text, encoding="utf-8")


def main() -> int:
    """Generate or check; 1 when something is out of date or would break."""
    parser = argparse.ArgumentParser(prog="python -m steward.contracts", description="Generate the contracts' documents.")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    parser.add_argument("--accept-breaking", action="store_true", help="write changes that break readers of the version")
    given = parser.parse_args()
    old, new = stored(), generated()
    breaks = breaking(old, new)
    for change in breaks:
        sys.stderr.write(f"breaking: {change}\n")
    if given.check:
        drifted = drift(old, new)
        for line in drifted:
            sys.stderr.write(f"{line} (python -m steward.contracts writes it)\n")
        return 1 if drifted or breaks else 0
    if breaks and not given.accept_breaking:
        sys.stderr.write("Nothing was written. Give the contract a new version, or --accept-breaking before a release.\n")
        return 1
    _write(old, new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
