"""The report of a bundle: what a person reads first, and what the signature covers beside the checkpoint."""

import re
from collections.abc import Mapping, Sequence

from services.compliance.audit_tree.rules.checkpoints import Checkpoint, moment

ENTRIES, CHECKPOINT, CHECKPOINTS, KEYS, REPORT = "entries.jsonl", "checkpoint.txt", "checkpoints.jsonl", "keys.json", "report.txt"
"""The files of a bundle: each entry's canonical bytes on a line; signed notes as they are, or as one JSON string a line."""

_HASH_LINE = re.compile(r"^sha256 ([0-9a-f]{64}) (\S+)$", re.MULTILINE)

_TEXT = """Audit log {origin}

{size} entries, positions 0 to {last}, as of {signed_at} (UTC).
Root of the Merkle tree (RFC 6962, SHA-256): {root}
Signed with the key {key}

Entries by service, act and outcome:
{counts}

What this proves: that the entries are those, and in that order, over which the log signed its checkpoint.
To check it, with the public key from another source than this file:
    steward audit verify --bundle <this bundle> --key <public key>
To learn that nothing was taken out or changed since, give an earlier checkpoint too (yours, or the witness's):
    steward audit verify --bundle <this bundle> --key <public key> --since <checkpoint>

The files of the bundle:
{files}
"""


def report(checkpoint: Checkpoint, *, key: str, counts: Sequence[tuple[str, str, str, int]], files: Mapping[str, str]) -> str:
    """The report's text. `counts` are service, act, outcome and entries; `files` are SHA-256 in hex by file name."""
    return _TEXT.format(
        origin=checkpoint.origin,
        size=checkpoint.size,
        last=checkpoint.size - 1,
        signed_at=moment(checkpoint.signed_at),
        root=checkpoint.root.hex(),
        key=key,
        counts="\n".join(f"{entries:>12} {service} {act} {outcome}" for service, act, outcome, entries in counts) or "none",
        files="\n".join(f"sha256 {digest} {name}" for name, digest in files.items()),
    )


def files_of(text: str) -> dict[str, str]:
    """SHA-256 in hex by file name, as a report names them."""
    return {name: digest for digest, name in _HASH_LINE.findall(text)}


def plain(text: str) -> str:
    """The text without what could break a line or a note: a code that the service wrote may be anything."""
    return "".join(one if one.isprintable() and one != " " else "_" for one in text)
