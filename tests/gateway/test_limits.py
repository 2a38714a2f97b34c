"""Rates: so many at once, so many a second, and memory that does not grow with callers."""

import asyncio
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.caches import Expiring
from gateway.limits import Buckets


class Seconds:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.floats(min_value=0, max_value=5), max_size=200), st.integers(1, 20), st.floats(0.1, 50))
def test_no_sequence_of_requests_gets_more_than_the_burst_and_the_rate(waits: list[float], burst: int, rate: float) -> None:
    seconds = Seconds()
    buckets = Buckets(per_second=rate, burst=burst, seconds=seconds)
    begun, allowed = seconds.now, 0
    for wait in waits:
        seconds.now += wait
        allowed += buckets.take("a").allowed
    assert allowed <= burst + (seconds.now - begun) * rate + 1e-6


def test_waiting_what_retry_after_says_is_enough() -> None:
    seconds = Seconds()
    buckets = Buckets(per_second=0.3, burst=2, seconds=seconds)
    assert [buckets.take("a").allowed for _ in range(3)] == [True, True, False]
    refused = buckets.take("a")
    seconds.now += refused.retry_after
    assert buckets.take("a").allowed


def test_one_caller_does_not_use_up_anothers_rate_and_looking_takes_nothing() -> None:
    buckets = Buckets(per_second=1, burst=1, seconds=Seconds())
    assert all(buckets.look("a").allowed for _ in range(5))
    assert buckets.take("a").allowed
    assert not buckets.look("a").allowed
    assert buckets.take("b").allowed


def test_memory_is_bounded_whoever_calls() -> None:
    buckets = Buckets(per_second=1, burst=1, kept=100, seconds=Seconds())
    for number in range(10_000):
        buckets.take(str(number))
    assert len(buckets) == 100


def test_what_is_remembered_ends_and_is_bounded() -> None:
    seconds = Seconds()
    known: Expiring[int, str] = Expiring(kept=10, seconds=seconds)
    known.put(1, "one", life_seconds=5)
    known.put(2, "never", life_seconds=0)
    assert (known.get(1), known.get(2)) == ("one", None)
    seconds.now += 5
    assert known.get(1) is None
    for number in range(100):
        known.put(number, "x", life_seconds=5)
    assert len(known) == 10


async def test_a_principal_over_the_rate_is_told_when_to_come_back(banks) -> None:
    async with banks(principal_burst=3, principal_per_second=0.5) as bank:
        answers = [await bank.client.get("/v1/me", headers=bank.adviser()) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[0].headers["ratelimit-limit"] == "3"
        assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
        refused = answers[-1]
        assert refused.json()["rule"] == "rate-limit"
        assert int(refused.headers["retry-after"]) in (1, 2)
        other = await bank.client.get("/v1/me", headers=bank.adviser(subject="somebody-else"))
        assert other.status_code == 200


async def test_a_fresh_token_does_not_bring_a_fresh_rate(banks) -> None:
    async with banks(principal_burst=2, principal_per_second=0.01) as bank:
        codes = []
        for minutes in range(3):
            bank.gateway.clock.advance(timedelta(seconds=minutes))
            codes.append((await bank.client.get("/v1/me", headers=bank.adviser())).status_code)
        assert codes == [200, 200, 429]


async def test_an_address_that_sends_bad_tokens_is_held_back_before_they_are_checked(banks) -> None:
    async with banks(address_burst=3, address_per_second=0.01) as bank:
        bad = {"Authorization": "Bearer a.b.c"}
        codes = [(await bank.client.get("/v1/me", headers=bad)).status_code for _ in range(5)]
        assert codes == [401, 401, 401, 429, 429]


async def test_requests_without_a_token_have_the_rate_of_their_address(banks) -> None:
    async with banks(address_burst=2, address_per_second=0.01) as bank:
        codes = await asyncio.gather(*(bank.client.get("/v1/me") for _ in range(5)))
        assert sorted(answer.status_code for answer in codes) == [401, 401, 429, 429, 429]
        docs = await bank.client.get("/openapi.json")
        assert docs.status_code == 429
