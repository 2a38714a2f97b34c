"""The keys under which personal data lies: their versions, rotation while the service runs, and the end of old ones."""

import asyncio

import asyncpg
from fastapi import APIRouter, Request

from chassis.audit import audit
from chassis.database import Session, driver
from chassis.http import Caller, Now, SessionDep, operation
from contracts.values import Scope
from services.profile.api.standing import KEYS
from services.profile.keeping import rotation
from services.profile.keyring import masters_of
from services.profile.masters import MasterKeys
from services.profile.rights_schemas import KeysOut, MasterOut, RotationIn, RotationOut
from services.profile.settings import Settings
from services.profile.store import rotation as store

router = APIRouter(tags=["keys"])

_ONE_ROTATION = 0x5052_0003


@router.get("/v1/keys", **operation(scope=Scope.KEYS_ROTATE, errors=KEYS))
async def read_keys(request: Request, session: SessionDep) -> KeysOut:
    """The versions of the master key, how many data keys each one holds, and how far the last rotation is."""
    return await _keys(session, masters_of(request.app.state.runtime.settings))


@router.post(
    "/v1/keys/rotations", status_code=202, **operation(scope=Scope.KEYS_ROTATE, errors={**KEYS, rotation.RotationRuns: 409})
)
async def rotate(body: RotationIn, request: Request, caller: Caller, session: SessionDep, now: Now) -> RotationOut:
    """Make a new master key and take all data keys over to it in the background; with `data`, make new data keys as well."""
    settings: Settings = request.app.state.runtime.settings
    await (await driver(session)).execute(f"SELECT pg_advisory_xact_lock({_ONE_ROTATION})")
    if await store.running(session):
        raise rotation.RotationRuns
    version = await asyncio.to_thread(masters_of(settings).rotate, settings.cipher)
    rotation_id = await rotation.start_rotation(session, master_version=version, data=body.data, now=now)
    await audit(session, caller=caller, act="keys.rotate", details={"master_version": version, "data": int(body.data)})
    row = await store.find(session, rotation_id)
    assert row is not None  # made just now
    return _out(row)


@router.post("/v1/keys/retirements", **operation(scope=Scope.KEYS_ROTATE, errors={**KEYS, rotation.RotationRuns: 409}))
async def retire(request: Request, caller: Caller, session: SessionDep) -> KeysOut:
    """End the master keys that are older than any that a data key needs. Backups of the database from before need them still."""
    masters = masters_of(request.app.state.runtime.settings)
    await (await driver(session)).execute(f"SELECT pg_advisory_xact_lock({_ONE_ROTATION})")
    if await store.running(session):
        raise rotation.RotationRuns
    oldest = min(await store.keys_by_master(session), default=masters.active)
    await asyncio.to_thread(masters.retire_before, oldest)
    await audit(session, caller=caller, act="keys.retire", details={"oldest": oldest})
    return await _keys(session, masters)


async def _keys(session: Session, masters: MasterKeys) -> KeysOut:
    active, versions = await asyncio.to_thread(lambda: (masters.active, masters.versions))
    held, last = await store.keys_by_master(session), await store.latest(session)
    return KeysOut(
        masters=[MasterOut(version=version, active=version == active, data_keys=held.get(version, 0)) for version in versions],
        rotation=None if last is None else _out(last),
    )


def _out(row: asyncpg.Record) -> RotationOut:
    return RotationOut(rotation_id=row["id"], **{name: value for name, value in row.items() if name != "id"})
