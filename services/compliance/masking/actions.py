"""The use case of masking. What was masked is told nobody: the audited act holds counts and kinds."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from chassis.audit import audit
from chassis.auth import Capability
from chassis.database import Session
from contracts.disclosure import Audience
from services.compliance.masking.masker import Json, Masker, Placed
from services.compliance.masking.values import Kind


async def mask_items(
    session: Session, *, values: Sequence[Json], audience: Audience, caller: Capability
) -> tuple[int, list[tuple[Json, list[Placed]]]]:
    """The policy's version, and each value masked with what was found in it. A text is a JSON value of its own.

    The audited act says for whom, how many items, and how much of which kind. Raises `TooDeep`, `NotText`.
    """
    masker = Masker(audience)
    results = await asyncio.to_thread(lambda: [masker.json(value) for value in values])  # megabytes take a part of a second
    counts: Counter[Kind] = Counter(placed.finding.kind for _, found in results for placed in found)
    kinds = {kind.value: count for kind, count in sorted(counts.items())}
    details = {"audience": audience.value, "policy_version": masker.version, "items": len(values), **kinds}
    await audit(session, caller=caller, act="text.masked", details=details)
    return masker.version, results
