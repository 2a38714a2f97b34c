"""Idempotency keys: the key, the input's hash and the answer are stored in the transaction of the effect."""

import hashlib
from dataclasses import dataclass

from chassis.database import Session, clock_of, driver
from chassis.problems import Refusal
from chassis.sealing import Sealer, is_sealed

HEADER = "idempotency-key"
_LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer that was given before."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Keyed:
    """A request under an idempotency key; keys of different subjects do not meet."""

    subject: str
    key: str
    fingerprint: bytes

    @classmethod
    def of(cls, *, subject: str, key: str, method: str, target: str, body: bytes) -> "Keyed":
        """The key with the hash of all that decides the answer. Raises `Refusal` 422 for a key that is too long."""
        if not 1 <= len(key) <= _LONGEST_KEY:
            raise Refusal(
                422,
                "idempotency-key-length",
                title="Not an idempotency key",
                field="header.Idempotency-Key",
                fix=f"Use 1 to {_LONGEST_KEY} characters, for example a UUID.",
            )
        digest = hashlib.sha256(f"{method} {target}\n".encode())
        digest.update(body)
        return cls(subject, key, digest.digest())

    @property
    def place(self) -> str:
        """Where its answer is kept, for sealing."""
        return f"idempotency|body|{self.subject}|{self.key}"


async def find(session: Session, keyed: Keyed, sealer: Sealer | None = None) -> Stored | None:
    """The answer given before under this key, or None for the caller to go on and `store` in the same transaction.

    Raises `Refusal` 409 while another request with the key is running, 422 when the key came with another input.
    """
    connection = await driver(session)
    lock = f"{keyed.subject}\n{keyed.key}"
    if not await connection.fetchval("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))", lock):
        raise Refusal(
            409,
            "idempotency-key-running",
            title="The same request is still running",
            fix="Wait the seconds in Retry-After and send the same request again.",
            headers={"Retry-After": "1"},
        )
    row = await connection.fetchrow(
        "SELECT fingerprint, status, content_type, body FROM idempotency WHERE subject = $1 AND key = $2",
        keyed.subject,
        keyed.key,
    )
    if row is None:
        return None
    if row["fingerprint"] != keyed.fingerprint:
        raise Refusal(
            422,
            "idempotency-key-reused",
            title="The key was used for another request",
            field="header.Idempotency-Key",
            fix="Use a new key for a new request; repeat a request with exactly the same body.",
        )
    body: bytes = row["body"]
    if sealer is not None and is_sealed(body):
        body = sealer.open(keyed.place, body)
    return Stored(row["status"], row["content_type"], body)


async def store(session: Session, keyed: Keyed, answer: Stored, sealer: Sealer | None = None) -> None:
    """Remember the answer, in the transaction of the effect; sealed in a service whose answers hold free text."""
    connection = await driver(session)
    await connection.execute(
        "INSERT INTO idempotency (subject, key, fingerprint, status, content_type, body, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        keyed.subject,
        keyed.key,
        keyed.fingerprint,
        answer.status,
        answer.content_type,
        answer.body if sealer is None else sealer.seal(keyed.place, answer.body),
        clock_of(session).now(),
    )
