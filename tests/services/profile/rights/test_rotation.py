"""Keys are rotated while the service runs: nothing is lost, nothing stays under the old ones (H20)."""

from chassis.timers import cancel
from contracts.values import Scope
from services.profile.keeping import rotation
from services.profile.keyring import masters_of, vault_of
from services.profile.opening import opened
from services.profile.store import rotation as store
from tests.services.profile.builders import CARD
from tests.services.profile.rights.conftest import key_of
from tests.support.waiting import eventually

KEYS = Scope.KEYS_ROTATE


async def rotate(desk, **body):
    return await desk.done("POST", "/v1/keys/rotations", body, scope=KEYS)


async def done(desk):
    return (await desk.done("GET", "/v1/keys", scope=KEYS))["rotation"]["state"] == "done"


async def test_a_rotation_with_data_leaves_nothing_under_an_old_key_and_everything_readable(desk):
    customer, number = await desk.register(email="xiaoming@example.com")
    await desk.account(number, "ROT1", card_no=CARD)
    before = await desk.row(customer)
    vault = vault_of(desk.running.runtime.settings)
    old = vault.sealer(customer, key_of(before))
    started = await rotate(desk, data=True)
    assert await desk.refused("POST", "/v1/keys/rotations", {}, scope=KEYS) == (409, "rotation-runs", "")
    await eventually(lambda: done(desk))
    after = await desk.row(customer)
    assert (after["key_version"], after["master_version"]) == (before["key_version"] + 1, started["master_version"])
    for column in store.RESEALED[:-1]:
        assert after[column] != before[column] or before[column] is None
    assert opened(after, vault.sealer(customer, key_of(after))) == opened(before, old)
    shown = await desk.done("GET", f"/v1/customers/{customer}/accounts", scope=Scope.PROFILE_READ)
    assert shown[0]["card_no"].startswith(CARD[:6])
    keys = (await desk.done("GET", "/v1/keys", scope=KEYS))["masters"]
    assert [(key["active"], key["data_keys"] > 0) for key in keys][-1] == (True, True)
    assert {key["data_keys"] for key in keys[:-1]} == {0}


async def test_an_old_master_key_ends_only_when_no_data_key_needs_it(desk):
    customer, _ = await desk.register()
    settings, database = desk.running.runtime.settings, desk.running.database
    oldest = masters_of(settings).versions[0]
    await rotate(desk)
    await eventually(lambda: done(desk))
    newest = masters_of(settings).active
    await database.pool.execute("UPDATE data_key SET master_version = $2 WHERE customer_id = $1", customer, oldest)
    assert oldest in [key["version"] for key in (await desk.done("POST", "/v1/keys/retirements", scope=KEYS))["masters"]]
    await database.pool.execute("UPDATE data_key SET master_version = $2 WHERE customer_id = $1", customer, newest)
    left = (await desk.done("POST", "/v1/keys/retirements", scope=KEYS))["masters"]
    assert [key["version"] for key in left] == [newest]
    assert (await desk.done("GET", f"/v1/customers/{customer}", scope=Scope.PROFILE_READ))["name"] == "王**"


async def test_an_interrupted_rotation_goes_on_and_reads_work_at_every_step(desk):
    people = [(await desk.register())[0] for _ in range(5)]
    database, settings = desk.running.database, desk.running.runtime.settings
    async with database.begin() as session:
        version = masters_of(settings).rotate(settings.cipher)
        run = await rotation.start_rotation(session, master_version=version, data=True, now=desk.running.clock.now())
        # the service's own timer is kept out, so that the steps below are all there is
        await cancel(session, kind=rotation.STEP, key=str(run))
    after, steps = None, 0
    while True:
        async with database.begin() as session:
            row = await store.find(session, run)
            block = await store.block(session, older_than=version, after=after, limit=2)
        if row["state"] == "done":
            break
        session = database.session()  # killed before its commit: nothing of the block may count
        await rotation.advance(
            session, rotation_id=run, after=after, vault=vault_of(settings), now=desk.running.clock.now(), limit=2
        )
        await session.rollback()
        await session.close()
        async with database.begin() as session:
            now = desk.running.clock.now()
            await rotation.advance(session, rotation_id=run, after=after, vault=vault_of(settings), now=now, limit=2)
            await cancel(session, kind=rotation.STEP, key=str(run))
        after, steps = (block[-1]["id"] if block else None), steps + 1
        for customer in people:
            shown = await desk.done("GET", f"/v1/customers/{customer}", scope=Scope.PROFILE_READ)
            assert shown["id_number"].startswith("110101")
    assert steps > len(people) // 2
    versions = {(await desk.row(customer))["key_version"] for customer in people}
    assert versions == {2}
    assert row["customers"] == await database.pool.fetchval("SELECT count(*) FROM data_key")
