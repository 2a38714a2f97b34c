"""Test data of recordings: one small builder per noun."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from chassis.ids import new_id
from contracts.values import Role, Scope
from services.compliance.recording.rules import RecordingFacts
from services.compliance.recording.rules.retention import RetentionPolicy, RetentionRule
from services.compliance.recording.rules.states import Checkpoint, Script, Step, StepKind

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
DIGEST = bytes(range(32))
SCRIPT = Script(
    version=1,
    checkpoints=(Checkpoint("identity"), Checkpoint("risk"), Checkpoint("words", affirmation=True)),
    abandon_reasons=frozenset({"device-failed"}),
    fail_reasons=frozenset({"sound-unusable"}),
)


def begun() -> RecordingFacts:
    """A recording that A100 opened and sells."""
    return RecordingFacts(
        recording_id=UUID(int=1),
        customer_id=UUID(int=2),
        sale_no="S-1",
        product_code="FD-1",
        script_version=1,
        opened_at=NOON,
        actors=frozenset({"A100"}),
    )


def step(kind: StepKind, *, seconds: int = 0, actor: str = "A100", **what: object) -> Step:
    """A step so many seconds after noon."""
    return Step(kind=kind, at=NOON + timedelta(seconds=seconds), actor=actor, **what)  # type: ignore[arg-type]  # handed on


def ended(*, seconds: int = 90) -> Step:
    """The end, with a file that is long enough."""
    return step(StepKind.ENDED, seconds=seconds, sha256=DIGEST, storage_ref="vault/1.mp4", duration_ms=90_000)


def whole() -> list[Step]:
    """Every step up to the end."""
    reached = [
        step(StepKind.CHECKPOINT, seconds=9 + n, codes=(one.code,), offset_ms=n * 1000, affirmed=one.affirmation)
        for n, one in enumerate(SCRIPT.checkpoints)
    ]
    return [step(StepKind.AGREED, seconds=1), step(StepKind.STARTED, seconds=2), *reached, ended()]


def keeping(*rules: RetentionRule) -> RetentionPolicy:
    """Five years for everything, and what else is given."""
    return RetentionPolicy(1, (RetentionRule("contract-end", 5, "art. 17"), *rules), 2, "54")


def day(text: str) -> date:
    """2026-03-02."""
    return date.fromisoformat(text)


class Desk:
    """Speaks for one customer's sale: the seller A100, the checker B200, and those who keep."""

    def __init__(self, service, customer: UUID | None = None) -> None:
        self.service = service
        self.customer = customer or new_id()
        scopes = [
            Scope.RECORDING_READ,
            Scope.RECORDING_WRITE,
            Scope.RECORDING_CHECK,
            Scope.RECORDING_KEEP,
            Scope.CARE_READ,
            Scope.CARE_WRITE,
        ]
        one = {"customer": self.customer}
        self.seller = service.headers(*scopes, roles=[Role.ADVISER], subject="staff:a100", staff_no="A100", **one)
        self.checker = service.headers(*scopes, roles=[Role.BRANCH_MANAGER], subject="staff:b200", staff_no="B200", **one)
        self.client = service.headers(
            Scope.CARE_READ, Scope.CARE_WRITE, roles=[Role.CUSTOMER], subject=f"customer:{self.customer}", **one
        )

    async def send(self, path: str, body: dict | None = None, *, by: dict | None = None, method: str = "POST"):
        """The answer to a request below the customer."""
        url = f"/v1/customers/{self.customer}{path}"
        return await self.service.client.request(method, url, json=body, headers=by or self.seller)

    async def opened(self, sale_no: str = "S-1", **changes: object) -> dict:
        """A recording that was just opened."""
        body = {"sale_no": sale_no, "product_code": "FD-1", "product_class": "fund", "seller": "A100", **changes}
        answer = await self.send("/recordings", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def recorded(self, sale_no: str = "S-1", **changes: object) -> dict:
        """A recording that ended and waits for its check."""
        found = await self.opened(sale_no, **changes)
        path = f"/recordings/{found['recording_id']}"
        await self.send(f"{path}/consent", {"agreed": True})
        await self.send(f"{path}/start")
        for number, line in enumerate(found["script"]):
            body = {"code": line["code"], "offset_ms": number * 1000, "affirmed": line["affirmation"]}
            await self.send(f"{path}/checkpoints", body)
        answer = await self.send(f"{path}/end", {"sha256": DIGEST.hex(), "storage_ref": "vault/1.mp4", "duration_ms": 90_000})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def acts(self) -> list[tuple[str, str, str | None]]:
        """Act, outcome and rule of every entry of the log about this customer, in their order."""
        await self.service.settled()
        rows = await self.service.database.pool.fetch(
            "SELECT act, outcome, rule FROM audit_entry WHERE customer_id = $1 ORDER BY position", self.customer
        )
        return [tuple(row) for row in rows]
