"""Freeze requests to the core bank: signed, delivered at least once under one id, over a real socket."""

import base64
from datetime import timedelta
from ipaddress import ip_address, ip_network
from uuid import UUID, uuid4

import pytest

from services.compliance.main import SERVICE
from services.compliance.watch.actions.freezing import Attempt, end_attempt, take_due
from services.compliance.watch.webhooks import (
    SecretInvalid,
    TargetRefused,
    allowed,
    read_secrets,
    resolve,
    send,
    signatures,
    target_of,
)
from tests.services.compliance.watch.builders import NOON, adviser, an_outflow, told
from tests.services.compliance.watch.receiver import KEY, SECRET, receiving
from tests.support.waiting import eventually

HERE = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@pytest.fixture
def secret_file(tmp_path):
    path = tmp_path / "webhook-secret"
    path.write_text(SECRET + "\n")
    return path


async def suspect(service):
    """A fresh alert on which fraud is suspected; it, and a reader of its request."""
    alert = await an_outflow(service)
    path = f"/v1/alerts/{alert['alert_id']}"
    answer = await service.client.post(f"{path}/outcome", json={"outcome": "fraud_suspected"}, headers=adviser(service))
    assert answer.status_code == 200

    async def freeze():
        return (await service.client.get(path, headers=adviser(service))).json()["freeze"]

    return alert, freeze


async def test_a_request_that_failed_is_sent_again_under_its_id_until_it_is_taken_and_one_of_a_dead_process_too(
    running, secret_file
):
    async with receiving(500, 200) as receiver:
        settings = {"core_webhook_url": receiver.url, "core_webhook_secret": secret_file, "core_webhook_networks": HERE}
        async with running(SERVICE, **settings) as service:
            alert, freeze = await suspect(service)
            await eventually(lambda: len(receiver.seen) == 1)

            async def noted():
                return (await freeze())["last_answer"] == "500"

            await eventually(noted)
            assert (await freeze())["state"] == "queued"
            service.clock.advance(timedelta(seconds=6))

            async def delivered():
                return (await freeze())["state"] == "delivered"

            await eventually(delivered)
            ids, held, bodies = zip(*receiver.seen, strict=True)
            assert ids == ((await freeze())["freeze_id"],) * 2
            assert held == (True, True)
            assert bodies[0] == bodies[1]
            states = [(one["state"], one["version"]) for one in await told(service, "freeze.changed", alert["customer_id"])]
            assert states == [("queued", 1), ("delivered", 2)]

            await service.database.pool.execute(
                "UPDATE freeze_request SET state = 'queued', ended_at = NULL, next_at = $1",
                service.clock.now() + timedelta(seconds=30),
            )
            service.clock.advance(timedelta(seconds=31))
            await eventually(lambda: len(receiver.seen) == 3)
            assert receiver.seen[2][:2] == (ids[0], True)


async def test_without_a_receiver_a_request_waits_in_the_queue_and_costs_no_attempt(service):
    _, freeze = await suspect(service)
    waiting = await freeze()
    assert (waiting["state"], waiting["attempts"], waiting["last_answer"]) == ("queued", 0, None)


async def test_a_request_that_is_taken_is_left_alone_until_its_lease_ends_and_given_up_after_the_last_attempt(service):
    alert, freeze = await suspect(service)
    freeze_id = UUID((await freeze())["freeze_id"])
    now, lease = service.clock.now(), timedelta(seconds=30)

    async def taken(at) -> list[Attempt]:
        async with service.database.begin() as session:
            return [one for one in await take_due(session, now=at, lease=lease) if one.id == freeze_id]

    (first,) = await taken(now)
    assert await taken(now + timedelta(seconds=29)) == []
    (second,) = await taken(now + lease)
    assert (first.number, second.number, first.body) == (1, 2, second.body)
    async with service.database.begin() as session:
        await end_attempt(session, first, taken=True, answer="200", pauses=(5,), now=now)
    assert (await freeze())["state"] == "queued", "an attempt that was taken over ends nothing"
    async with service.database.begin() as session:
        await end_attempt(session, second, taken=False, answer="503", pauses=(5,), now=now)
    ended = await freeze()
    assert (ended["state"], ended["last_answer"]) == ("failed", "503")
    assert [one["state"] for one in await told(service, "freeze.changed", alert["customer_id"])] == ["queued", "failed"]


async def test_redirects_are_not_followed():
    async with receiving(302) as receiver:
        target = target_of(receiver.url, HERE)
        answer = await send(target, secrets=[KEY], message_id=uuid4(), body=b"{}", now=NOON, seconds=5)
        assert answer == (False, "302")
        assert len(receiver.seen) == 1


async def test_private_addresses_are_called_only_where_they_are_configured():
    async with receiving(200) as receiver:
        for networks in ((), (ip_network("10.0.0.0/8"),)):
            target = target_of(receiver.url, networks)
            answer = await send(target, secrets=[KEY], message_id=uuid4(), body=b"{}", now=NOON, seconds=5)
            assert answer == (False, "address-not-allowed")
        assert receiver.seen == []


async def test_plain_http_is_for_configured_networks_alone():
    with pytest.raises(TargetRefused, match="http-not-allowed"):
        await resolve(target_of("http://8.8.8.8/x", HERE))
    assert await resolve(target_of("https://8.8.8.8/x", ())) == [ip_address("8.8.8.8")]


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "100.64.0.1", "::1",
     "fe80::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"],
)  # fmt: skip
def test_addresses_that_are_not_public_are_refused(address):
    assert not allowed(ip_address(address), ())


@pytest.mark.parametrize(
    "url", ["ftp://core.example/x", "https://user:word@core.example/x", "https:///x", "https://core.example/#x"]
)
def test_a_receiver_is_a_plain_http_or_https_address(url):
    with pytest.raises(ValueError, match="receiver's URL"):
        target_of(url, ())


def test_the_signature_is_that_of_the_standard_s_published_example():
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    found = signatures([secret], message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1_614_265_330, body=b'{"test": 2432232314}')
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_two_secrets_in_the_file_make_two_signatures(secret_file):
    secret_file.write_text(f"{SECRET}\nwhsec_{base64.b64encode(KEY[::-1]).decode()}\n")
    secrets = read_secrets(secret_file)
    assert len(set(signatures(secrets, message_id="m", timestamp=1, body=b"").split())) == 2


@pytest.mark.parametrize("content", ["", "whsec_short", "whsec_c2hvcnQ=", base64.b64encode(KEY).decode()])
def test_a_file_without_proper_secrets_is_refused_without_being_quoted(secret_file, content):
    secret_file.write_text(content)
    with pytest.raises(SecretInvalid) as refused:
        read_secrets(secret_file)
    assert "short" not in str(refused.value)
