import pytest

from chassis import migrations
from steward.migrating import head, metadata, revision, upgrade_all
from steward.suite import APPS
from tests.support.servers import TestServers


@pytest.mark.parametrize("app", APPS)
async def test_every_revision_goes_up_down_and_up_again(app: str, servers: TestServers) -> None:
    url = await servers.blank_database(app)
    assert await revision(url) is None
    await migrations.upgrade(app, url)
    assert await revision(url) == head(app)
    await migrations.downgrade(app, url, "base")
    assert await revision(url) is None
    await migrations.upgrade(app, url)
    assert await revision(url) == head(app)


@pytest.mark.parametrize("app", APPS)
async def test_models_and_migrations_agree(app: str, servers: TestServers) -> None:
    assert await migrations.differences(await servers.database(app), metadata(app)) == []


async def test_only_databases_that_are_behind_are_migrated(servers: TestServers) -> None:
    databases = {"referral": await servers.blank_database("referral"), "tiering": await servers.database("tiering")}
    assert await upgrade_all(databases) == ["referral"]
    assert await upgrade_all(databases) == []
