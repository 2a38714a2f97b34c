"""The witness against a log that runs, and against one that lies."""

import hashlib

import pytest

from contracts.values import Role, Scope
from services.compliance.audit_tree import actions
from services.compliance.audit_tree.keys import open_key, rotate_key
from services.compliance.audit_tree.rules.checkpoints import Checkpoint
from services.compliance.audit_tree.rules.notes import PublicKey
from services.compliance.audit_tree.trust import Trusted
from services.compliance.main import SERVICE
from steward.audit.client import LogClient, LogUnreachable
from steward.audit.witness import Witness, WitnessFile, WitnessRefuses, WitnessUnready, cosigned_at
from tests.services.compliance.audit_tree.builders import recorded, signer

NAME = "witness.example/w1"


@pytest.fixture
async def service(running):
    async with running(SERVICE) as found:
        found.client.headers.update(found.headers(Scope.AUDIT_READ, roles=[Role.AUDITOR]))
        yield found


@pytest.fixture
def log(service) -> LogClient:
    return LogClient(service.client)


@pytest.fixture
def witness(service) -> Witness:
    return Witness.new(NAME, open_key(service.runtime.settings.audit_key).signer.key)


async def grown(service, count: int) -> str:
    await recorded(service.database, count, now=service.clock.now())
    return await LogClient(service.client).sign()


async def intruded(database, statements: str) -> None:
    tables = ("audit_entry", "audit_size", "audit_node", "audit_checkpoint")
    off = "".join(f"ALTER TABLE {table} DISABLE TRIGGER USER;" for table in tables)
    await database.pool.execute(off + statements)


async def test_a_witness_cosigns_what_goes_on_and_its_signature_verifies(service, log, witness):
    for count in (3, 300, 1):
        note = await grown(service, count)
        witness = await witness.look(log, service.clock.now())
        assert witness.seen is not None
        assert witness.seen.startswith(note)
        assert abs(cosigned_at(witness.seen, witness.signer.key) - service.clock.now().timestamp()) < 5
    assert Trusted.from_line(witness.pinned).checkpoint(witness.seen).size == 304
    forged = witness.seen.replace("\n304\n", "\n305\n")
    assert cosigned_at(forged, witness.signer.key) is None
    assert cosigned_at(witness.seen, Witness.new(NAME, witness.pinned).signer.key) is None


async def test_a_cosignature_has_the_key_id_and_the_text_of_the_format(service, log, witness):
    public = witness.signer.key.public
    assert witness.signer.key.key_id == hashlib.sha256(NAME.encode() + b"\n\x04" + public).digest()[:4]
    assert PublicKey.parse(str(witness.signer.key)) == witness.signer.key


async def test_a_log_whose_past_was_changed_and_signed_again_is_not_cosigned(service, log, witness):
    await grown(service, 5)
    witness = await witness.look(log, service.clock.now())
    await intruded(
        service.database,
        "UPDATE audit_entry SET canonical = 'x', digest = sha256('\\x00'::bytea || 'x') WHERE position = 1;"
        "DELETE FROM audit_checkpoint;",
    )
    await grown(service, 2)
    with pytest.raises(WitnessRefuses, match="proof-broken"):
        await witness.look(log, service.clock.now())


async def test_a_log_that_is_shorter_than_it_was_is_not_cosigned(service, log, witness):
    await grown(service, 5)
    witness = await witness.look(log, service.clock.now())
    await intruded(
        service.database,
        "DELETE FROM audit_checkpoint; DELETE FROM audit_entry WHERE position > 2; UPDATE audit_size SET entries = 3;",
    )
    await log.sign()
    with pytest.raises(WitnessRefuses, match="it had 5 entries and now says 3"):
        await witness.look(log, service.clock.now())


async def test_two_roots_for_one_size_are_not_cosigned(service, log, witness):
    await grown(service, 5)
    witness = await witness.look(log, service.clock.now())
    key = open_key(service.runtime.settings.audit_key).signer
    other = key.sign(Checkpoint(key.key.name, 5, b"r" * 32, service.clock.now()).text())
    await intruded(service.database, f"UPDATE audit_checkpoint SET note = '{other}'")
    with pytest.raises(WitnessRefuses, match="two roots for one size"):
        await witness.look(log, service.clock.now())


async def test_a_checkpoint_signed_with_another_key_is_not_cosigned(service, log, witness):
    await recorded(service.database, 2)
    async with service.database.begin() as session:
        await actions.sign(session, signer=signer(witness.pinned.name), now=service.clock.now())
    with pytest.raises(WitnessRefuses, match="signature-not-trusted"):
        await witness.look(log, service.clock.now())


async def test_a_witness_follows_a_rotation_of_the_logs_key(service, log, witness):
    await grown(service, 2)
    witness = await witness.look(log, service.clock.now())
    rotate_key(service.runtime.settings.audit_key, now=service.clock.now())
    note = await grown(service, 1)
    assert (await witness.look(log, service.clock.now())).seen.startswith(note)


async def test_a_log_that_does_not_answer_as_one_is_told_apart_from_one_that_lies(service, log, witness):
    with pytest.raises(LogUnreachable, match="404"):
        await witness.look(log, service.clock.now())


def test_a_witness_remembers_over_a_restart_and_lets_nobody_else_read_or_share_its_file(tmp_path):
    file, pinned = WitnessFile(tmp_path / "w" / "witness.json"), signer().key
    with file.held():
        assert file.read() is None
        witness = Witness.new(NAME, pinned)
        file.write(witness)
        again = WitnessFile(file.path)
        with pytest.raises(WitnessUnready, match="another witness"), again.held():
            pass
    read = file.read()
    assert (read.signer.key, read.pinned, read.seen) == (witness.signer.key, pinned, None)
    assert file.path.stat().st_mode & 0o077 == 0
    file.path.write_text("{}")
    with pytest.raises(WitnessUnready, match="damaged"):
        file.read()
