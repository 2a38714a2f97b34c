"""Durable runs: started over HTTP, taken block by block by a timer."""

from datetime import date

from contracts.values import Scope
from services.profile.main import SERVICE
from services.profile.measuring import runs
from tests.services.profile.builders import customer_row
from tests.support.waiting import eventually


async def test_a_run_started_over_http_computes_all_blocks_and_completes_the_feed(running, monkeypatch):
    monkeypatch.setattr(runs, "BLOCK", 2)
    async with running(SERVICE) as service:
        headers = service.headers(Scope.PROFILE_FEED)
        rows = [customer_row(f"C{number}", birth_date="1950-06-15") for number in range(5)]
        await service.client.post("/v1/customers/batches", json={"rows": rows}, headers=headers)
        started = await service.client.post("/v1/measures/runs", json={"as_of": "2026-01-31"}, headers=headers)
        assert started.status_code == 202
        path = f"/v1/measures/runs/{started.json()['run_id']}"

        async def state():
            return (await service.client.get(path, headers=headers)).json()

        async def done():
            return (await state())["state"] == "done"

        await eventually(done, within=60)
        found = await state()
        assert (found["customers"], found["published"], found["signals"]) == (5, 5, 5)
        day = await service.database.pool.fetchval("SELECT day FROM feed")
        assert day == date(2026, 1, 31)
