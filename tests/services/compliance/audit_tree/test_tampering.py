"""What somebody with all rights over the database could do to the log, and what finds it out.

Each intruder switches the triggers off, changes the log, makes everything that is derived from it again (digests, positions,
size, nodes, checkpoints), and lets the service export what is left. The verifier has the bundle, the public key, and, where it
says so, one checkpoint from before.
"""

import json

import pytest

from chassis.database import Database
from contracts.values import Role, Scope
from services.compliance.audit_tree import actions, store
from services.compliance.audit_tree.bundle import verify_bundle
from services.compliance.audit_tree.keys import open_key
from services.compliance.audit_tree.rules.lines import LogTampered
from services.compliance.audit_tree.rules.reports import ENTRIES
from services.compliance.audit_tree.starting import start
from services.compliance.audit_tree.trust import NotTrusted
from services.compliance.main import SERVICE
from services.compliance.rules import canonical_json, leaf_hash
from tests.services.compliance.audit_tree.builders import recorded, rewritten

ENTRIES_BEFORE = 600
OFF = "SET session_replication_role = replica; " + "".join(
    f"ALTER TABLE {table} DISABLE TRIGGER USER;" for table in ("audit_entry", "audit_size", "audit_node", "audit_checkpoint")
)
COLUMNS = (
    "event_id, service, act_id, actor, roles, act, customer_id, purpose, outcome, rule, request_id, details,"
    " occurred_at, recorded_at"
)


class Intruder:
    """A superuser of the database."""

    def __init__(self, connection) -> None:
        self.connection = connection

    async def edit(self) -> None:
        """Put another actor into an entry, with the digest that goes with it."""
        row = await self.connection.fetchrow("SELECT canonical FROM audit_entry WHERE position = 300")
        await self._write(300, {**json.loads(row["canonical"]), "actor": "staff:somebody-else"})
        await self.connection.execute("UPDATE audit_entry SET actor = 'staff:somebody-else' WHERE position = 300")

    async def delete(self) -> None:
        """Take an entry out and close the gap."""
        await self.connection.execute("DELETE FROM audit_entry WHERE position = 300")
        await self.connection.execute("UPDATE audit_entry SET position = -position WHERE position > 300")
        await self.connection.execute("UPDATE audit_entry SET position = -position - 1 WHERE position < 0")
        await self._renumber(300)

    async def insert(self) -> None:
        """Put an entry between others."""
        await self.connection.execute("UPDATE audit_entry SET position = -position WHERE position >= 300")
        await self.connection.execute("UPDATE audit_entry SET position = -position + 1 WHERE position < 0")
        columns = COLUMNS.replace("event_id", "gen_random_uuid()")
        await self.connection.execute(
            f"INSERT INTO audit_entry SELECT 300, {columns}, canonical, digest, retain_until"
            " FROM audit_entry WHERE position = 299"
        )
        await self._renumber(300)

    async def reorder(self) -> None:
        """Let two entries change places."""
        for old, new in ((300, -1), (301, 300), (-1, 301)):
            await self.connection.execute("UPDATE audit_entry SET position = $2 WHERE position = $1", old, new)
        await self._renumber(300)

    async def truncate(self) -> None:
        """Cut the end off."""
        await self.connection.execute("DELETE FROM audit_entry WHERE position >= 500")

    async def derive_again(self) -> None:
        """Let nothing derived tell of it: size, nodes, checkpoints."""
        await self.connection.execute("UPDATE audit_size SET entries = (SELECT count(*) FROM audit_entry)")
        await self.connection.execute("DELETE FROM audit_node")
        await self.connection.execute("DELETE FROM audit_checkpoint")

    async def _renumber(self, first: int) -> None:
        rows = await self.connection.fetch("SELECT position, canonical FROM audit_entry WHERE position >= $1", first)
        for row in rows:
            await self._write(row["position"], {**json.loads(row["canonical"]), "position": row["position"]})

    async def _write(self, position: int, body: dict) -> None:
        spelled = canonical_json(body)
        await self.connection.execute(
            "UPDATE audit_entry SET canonical = $2, digest = $3 WHERE position = $1", position, spelled, leaf_hash(spelled)
        )


class Scene:
    """A log with a checkpoint that the verifier has kept, and the key that the verifier trusts."""

    def __init__(self, service, kept: str) -> None:
        self.service = service
        self.kept = kept
        self.pinned = open_key(service.runtime.settings.audit_key).signer.key

    async def intrude(self, *acts: str) -> None:
        superuser = Database(self.service.database.url.replace("//compliance@", "//postgres@"), service="compliance")
        await superuser.open()
        connection = await superuser.connect()
        await connection.execute(OFF)
        for act in acts:
            await getattr(Intruder(connection), act)()
        await connection.close()
        await superuser.close()
        async with self.service.database.begin() as session:
            await store.grow(session, await store.size(session))

    async def export(self, path):
        headers = self.service.headers(Scope.AUDIT_EXPORT, roles=[Role.AUDITOR])
        answer = await self.service.client.get("/v1/audit/export", headers=headers)
        assert answer.status_code == 200, answer.text
        path.write_bytes(answer.content)
        return path


@pytest.fixture
async def scene(running):
    async with running(SERVICE) as service:
        await recorded(service.database, ENTRIES_BEFORE, now=service.clock.now())
        async with service.database.begin() as session:
            key = open_key(service.runtime.settings.audit_key)
            row = await actions.sign(session, signer=key.signer, now=service.clock.now())
        yield Scene(service, row.note)


@pytest.mark.parametrize("act", ["edit", "reorder"])
async def test_a_change_under_a_kept_node_does_not_fit_the_checkpoint_that_is_in_the_database(scene, tmp_path, act):
    await scene.intrude(act)
    with pytest.raises(LogTampered, match=r"positions 0 to 599; .* the tree was built over: positions 256 to 511$"):
        verify_bundle(await scene.export(tmp_path / "log.zip"), pinned=scene.pinned)


@pytest.mark.parametrize(
    ("act", "told"),
    [
        ("edit", "edited since the earlier bundle: 300$"),
        ("delete", "deleted since the earlier bundle: 300$"),
        ("insert", "inserted since the earlier bundle: 300$"),
        ("reorder", "reordered since the earlier bundle: 300 to 301$"),
        ("truncate", "positions 500 to 599 are gone; deleted since the earlier bundle: 500 to 599$"),
    ],
)
async def test_a_change_with_everything_signed_again_by_the_true_key_does_not_fit_what_was_kept_elsewhere(
    scene, tmp_path, act, told
):
    earlier = await scene.export(tmp_path / "earlier.zip")
    await scene.intrude(act, "derive_again")
    bundle = await scene.export(tmp_path / "log.zip")
    verify_bundle(bundle, pinned=scene.pinned)
    with pytest.raises(LogTampered):
        verify_bundle(bundle, pinned=scene.pinned, kept=[scene.kept])
    with pytest.raises(LogTampered, match=told):
        verify_bundle(bundle, pinned=scene.pinned, against=earlier)


@pytest.mark.parametrize("act", ["delete", "insert", "truncate"])
async def test_a_log_that_lost_or_gained_entries_signs_nothing_more(scene, act):
    await scene.intrude(act)
    answer = await scene.service.client.post(
        "/v1/audit/checkpoints", headers=scene.service.headers(Scope.AUDIT_READ, roles=[Role.AUDITOR])
    )
    assert answer.status_code == 409
    assert answer.json()["rule"] == "log-inconsistent"


async def test_a_database_rolled_back_to_a_backup_is_shorter_than_the_checkpoint_kept_elsewhere(servers, running, tmp_path):
    """Restored whole, with its own checkpoints and the true key: nothing in it is wrong, it is only old."""
    key, url = tmp_path / "audit.json", await servers.database("compliance")
    async with running(SERVICE, database_url=url, audit_key=key) as service:
        await recorded(service.database, 10, now=service.clock.now())
    old = await servers.copy(url)
    async with running(SERVICE, database_url=url, audit_key=key) as service:
        await recorded(service.database, 10, now=service.clock.now())
        async with service.database.begin() as session:
            kept = (await actions.sign(session, signer=open_key(key).signer, now=service.clock.now())).note
    async with running(SERVICE, database_url=old, audit_key=key) as service:
        bundle = await Scene(service, kept).export(tmp_path / "log.zip")
        pinned = open_key(key).signer.key
        verify_bundle(bundle, pinned=pinned)
        with pytest.raises(LogTampered, match="cut or rolled back"):
            verify_bundle(bundle, pinned=pinned, kept=[kept])
    for one in (url, old):
        await servers.drop(one)


async def test_a_log_signed_again_with_another_key_is_not_believed(scene, tmp_path):
    await scene.intrude("edit", "derive_again")
    scene.service.runtime.settings.audit_key = tmp_path / "another.json"
    await start(scene.service.runtime)
    with pytest.raises(NotTrusted):
        verify_bundle(await scene.export(tmp_path / "log.zip"), pinned=scene.pinned)


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [*lines[:3], lines[3].replace(b"done", b"gone"), *lines[4:]],
        lambda lines: [*lines[:3], *lines[4:]],
        lambda lines: [*lines[:3], lines[2], *lines[3:]],
        lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]],
        lambda lines: lines[:-1],
        lambda lines: [*lines, lines[-1]],
    ],
    ids=["edited", "deleted", "inserted", "reordered", "truncated", "extended"],
)
async def test_a_bundle_with_changed_entries_is_refused(scene, tmp_path, change):
    bundle = await scene.export(tmp_path / "log.zip")
    rewritten(bundle, ENTRIES, lambda content: b"".join(line + b"\n" for line in change(content.splitlines())))
    with pytest.raises(LogTampered):
        verify_bundle(bundle, pinned=scene.pinned)
