import asyncio
from datetime import timedelta

import pytest

from chassis.database import driver
from services.compliance import actions as log
from services.compliance.audit_tree import actions, store
from services.compliance.audit_tree.actions import NotInTheTree
from services.compliance.audit_tree.keys import SigningKeyUnreadable, open_key
from services.compliance.audit_tree.rules.checkpoints import LogInconsistent
from services.compliance.audit_tree.rules.hashing import EMPTY_ROOT
from services.compliance.audit_tree.rules.proofs import check_consistency, check_inclusion
from services.compliance.audit_tree.trust import Trusted
from services.compliance.main import SERVICE
from tests.services.compliance.audit_tree.builders import fresh_log, leaves, recorded, root, signer
from tests.services.compliance.builders import NOON, act
from tests.support.waiting import eventually

NODES = "SELECT level, index, digest FROM audit_node ORDER BY level, index"


async def test_nodes_are_kept_for_each_whole_tile_in_the_transaction_that_fills_it(servers):
    async with fresh_log(servers) as database:
        counts = []
        for block in (255, 1, 300, 500):
            await recorded(database, block)
            counts.append(await database.pool.fetchval("SELECT count(*) FROM audit_node"))
        assert counts == [0, 1, 2, 4]
        hashed = await leaves(database)
        async with database.begin() as session:
            for size in (1, 2, 255, 256, 257, 512, 1000, 1056):
                assert await store.root(session, size) == await root(database, size), size
            assert await store.root(session, 0) == EMPTY_ROOT
        assert len(hashed) == 1056


async def test_every_level_is_kept_when_a_log_from_before_the_tree_catches_up(servers):
    async with fresh_log(servers) as database:
        insert = """
        INSERT INTO audit_entry SELECT n, gen_random_uuid(), 'profile', gen_random_uuid(), 'a', '{}', 'x', NULL, 'audit', 'done',
        NULL, NULL, '{}', now(), now(), n::text::bytea, sha256('\\x00'::bytea || n::text::bytea),
        now() + interval '10 years'
        FROM generate_series(0, 66000) AS n
        """
        await database.pool.execute(insert)
        async with database.begin() as session:
            await store.grow(session, 66_001)
        levels = await database.pool.fetch("SELECT level, count(*) AS nodes FROM audit_node GROUP BY level ORDER BY level")
        assert [tuple(row) for row in levels] == [(8, 257), (16, 1)]
        hashed, whole = await leaves(database), await root(database)
        async with database.begin() as session:
            assert await store.root(session, 66_001) == whole
            proof = await actions.prove_inclusion(session, position=40_000, size=66_001)
            grown = await actions.prove_consistency(session, first=65_535, second=66_001)
        check_inclusion(leaf=hashed[40_000], position=40_000, size=66_001, proof=proof.hashes, root=whole)
        check_consistency(
            first=65_535, second=66_001, first_root=await root(database, 65_535), second_root=whole, proof=grown.hashes
        )


async def test_proofs_out_of_the_database_hold_for_every_entry_and_every_pair_of_sizes(servers):
    async with fresh_log(servers) as database:
        await recorded(database, 300)
        hashed = await leaves(database)
        sizes = [1, 2, 3, 5, 64, 127, 255, 256, 257, 300]
        roots = {size: await root(database, size) for size in sizes}
        async with database.begin() as session:
            for size in sizes:
                for position in {0, size // 2, size - 1}:
                    proof = await actions.prove_inclusion(session, position=position, size=size)
                    assert (proof.leaf, proof.root) == (hashed[position], roots[size])
                    check_inclusion(leaf=proof.leaf, position=position, size=size, proof=proof.hashes, root=roots[size])
                for first in [one for one in sizes if one <= size]:
                    proof = await actions.prove_consistency(session, first=first, second=size)
                    known = {"first_root": roots[first], "second_root": roots[size]}
                    check_consistency(first=first, second=size, **known, proof=proof.hashes)


@pytest.mark.parametrize(("position", "size"), [(-1, 3), (3, 3), (0, 4), (0, 0)])
async def test_there_is_no_proof_of_an_entry_that_is_not_there(service_session, position, size):
    session = await service_session("compliance")
    await log.record(session, acts=[act(), act(), act()], now=NOON)
    with pytest.raises(NotInTheTree):
        await actions.prove_inclusion(session, position=position, size=size)


@pytest.mark.parametrize(("first", "second"), [(0, 3), (2, 1), (1, 4)])
async def test_there_is_no_proof_between_trees_that_do_not_follow(service_session, first, second):
    session = await service_session("compliance")
    await log.record(session, acts=[act(), act(), act()], now=NOON)
    with pytest.raises(NotInTheTree):
        await actions.prove_consistency(session, first=first, second=second)


async def test_a_checkpoint_covers_all_entries_and_is_made_once_for_each_size_and_key(servers):
    ours, next_key = signer(), signer()
    async with fresh_log(servers) as database:
        await recorded(database, 3)
        made = []
        for key in (ours, ours, next_key):
            async with database.begin() as session:
                made.append(await actions.sign(session, signer=key, now=NOON))
        assert [one.key_id for one in made] == [key.key.key_id.hex() for key in (ours, ours, next_key)]
        assert await database.pool.fetchval("SELECT count(*) FROM audit_checkpoint") == 2
        said = Trusted.from_line(ours.key).checkpoint(made[0].note)
        assert (said.size, said.root, said.signed_at) == (3, await root(database), NOON)


async def test_the_log_signs_nothing_that_does_not_go_on_from_its_last_checkpoint(servers):
    ours = signer()
    async with fresh_log(servers) as database:
        await recorded(database, 3)
        async with database.begin() as session:
            await actions.sign(session, signer=ours, now=NOON)
        await database.pool.execute(
            "ALTER TABLE audit_entry DISABLE TRIGGER USER;"
            "UPDATE audit_entry SET canonical = 'x', digest = sha256('\\x00'::bytea || 'x') WHERE position = 1"
        )
        with pytest.raises(LogInconsistent):
            async with database.begin() as session:
                await actions.sign(session, signer=ours, now=NOON)


@pytest.mark.parametrize("table", ["audit_node", "audit_checkpoint"])
async def test_nodes_and_checkpoints_are_append_only(servers, table):
    async with fresh_log(servers) as database:
        await recorded(database, 256)
        async with database.begin() as session:
            await actions.sign(session, signer=signer(), now=NOON)
        column = "digest" if table == "audit_node" else "note"
        for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(Exception, match="append-only"):
                await database.pool.execute(statement)


async def test_each_entry_is_covered_by_a_checkpoint_within_a_minute(running):
    async with running(SERVICE) as service:
        await recorded(service.database, 2, now=service.clock.now())
        assert await service.database.pool.fetchval("SELECT count(*) FROM audit_checkpoint") == 0
        for size in (2, 5):
            service.clock.advance(timedelta(seconds=59))
            await eventually(lambda size=size: _signed(service.database, size))
            await recorded(service.database, 3, now=service.clock.now())


async def test_no_entry_is_left_out_when_signing_and_appending_meet(servers):
    """Whatever the order, either the checkpoint covers the entries or the timer is set for the next one."""
    key = signer()
    async with fresh_log(servers) as database:
        for _ in range(20):
            await recorded(database, 1)

            async def fire() -> None:
                async with database.begin() as session:
                    await _mark_fired(session)
                    await actions.sign(session, signer=key, now=NOON)

            await asyncio.gather(fire(), recorded(database, 2), recorded(database, 1))
            size = await database.pool.fetchval("SELECT entries FROM audit_size")
            signed = await database.pool.fetchval("SELECT max(size) FROM audit_checkpoint")
            due = await database.pool.fetchval("SELECT state = 'due' FROM timer WHERE kind = 'audit.checkpoint'")
            assert signed == size or due


async def _mark_fired(session) -> None:
    connection = await driver(session)
    await connection.execute("SELECT FROM timer WHERE kind = 'audit.checkpoint' AND state = 'due' FOR UPDATE")
    await connection.execute("UPDATE timer SET state = 'fired' WHERE kind = 'audit.checkpoint'")


async def _signed(database, size: int) -> bool:
    return await database.pool.fetchval("SELECT max(size) FROM audit_checkpoint") == size


async def test_the_key_is_made_once_and_never_replaced_once_something_is_signed(running, servers, tmp_path):
    path, url = tmp_path / "audit.json", await servers.database("compliance")
    async with running(SERVICE, database_url=url, audit_key=path, audit_origin="bank.example/x") as service:
        made = open_key(path).signer
        assert made.key.name == "bank.example/x"
        await recorded(service.database, 1)
        async with service.database.begin() as session:
            await actions.sign(session, signer=made, now=NOON)
    path.unlink()
    with pytest.raises(SigningKeyUnreadable, match="the log is signed with one"):
        async with running(SERVICE, database_url=url, audit_key=path):
            pass
    assert not path.exists()
    await servers.drop(url)
