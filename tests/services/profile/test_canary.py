"""Planted identity numbers, phones, cards, names and addresses are found nowhere outside the ciphertexts (H20)."""

import asyncio
import logging

import pytest

from contracts.values import Scope
from services.profile.importing import import_directory
from services.profile.keys import KeysetUnreadable, open_keyset
from services.profile.main import SERVICE
from services.profile.measuring import compute
from tests.services.profile.builders import (
    CARD,
    NOW,
    PRODUCTS,
    TODAY,
    account_row,
    customer_row,
    registration,
    resident_id,
    transaction_row,
    write,
)

ID_NUMBER = resident_id(number=77)
PHONE = "13700007777"
FOREIGN_CARD = "4111111111111111"
NAME, ADDRESS, EMAIL = "欧阳金丝雀", "上海市金丝雀路77号", "canary77@example.com"
PLANTED = (ID_NUMBER, PHONE, CARD, FOREIGN_CARD, NAME, ADDRESS, EMAIL)
PERSON = {"name": NAME, "id_number": ID_NUMBER, "phone": PHONE, "address": ADDRESS, "email": EMAIL}


async def everything_stored(pool):
    tables = await pool.fetch("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    texts: list[tuple[str, str]] = []
    for name in (table["table_name"] for table in tables):
        # bytea columns show as hexadecimal in a row's text; two of them hold JSON
        texts.extend((name, row["text"]) for row in await pool.fetch(f'SELECT t::text AS text FROM "{name}" t'))
    texts.extend(("outbox", bytes(row["payload"]).decode()) for row in await pool.fetch("SELECT payload FROM outbox"))
    texts.extend(("idempotency", bytes(row["body"]).decode()) for row in await pool.fetch("SELECT body FROM idempotency"))
    return texts


def leaks(texts):
    return {
        (where, value)
        for where, text in texts
        for value in PLANTED
        if value in text or value.encode().hex() in text or value.encode("unicode-escape").decode() in text
    }


async def test_planted_identities_are_nowhere_in_tables_events_answers_logs_and_reports(running, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    bank = write(
        tmp_path / "bank",
        products=PRODUCTS,
        customers=[
            customer_row("C2", id_type="resident_id", **{**PERSON, "id_number": resident_id(number=78)}),
            customer_row("C3", id_type="resident_id", **{**PERSON, "sex": "x"}),
            customer_row("C4", id_type="resident_id", **{**PERSON, "phone": PHONE + "0"}),
        ],
        accounts=[account_row("A2", "C2", card_no=CARD), account_row("A3", "C2", card_no=CARD[:-1] + "0")],
        transactions=[transaction_row("T1", "2026-01-01", "60000", account_no="A2", counterparty_account_no=FOREIGN_CARD)],
    )
    async with running(SERVICE) as service:

        async def ask(method, path, scope, **request):
            headers = {**service.headers(scope), **request.pop("headers", {})}
            return await service.client.request(method, path, headers=headers, **request)

        wrong = ({**PERSON, "sex": "f"}, {**PERSON, "email": ID_NUMBER}, {**PERSON, "customer_no": NAME})
        key = {"Idempotency-Key": "canary"}
        answers = [await ask("POST", "/v1/customers", Scope.PROFILE_WRITE, json=registration(**PERSON), headers=key)]
        answers += [await ask("POST", "/v1/customers", Scope.PROFILE_WRITE, json=registration(**person)) for person in wrong]
        keyset = open_keyset(service.runtime.settings.keyset)
        await import_directory(service.database, bank, now=NOW, keyset=keyset, report=tmp_path / "report.csv")
        await compute(service.database, as_of=TODAY)
        searched = ({"id_number": ID_NUMBER}, {"phone": PHONE}, {"card": CARD}, {"card": CARD[:-1] + "0"})
        answers += [await ask("POST", "/v1/customers/search", Scope.PROFILE_SEARCH, json=body) for body in searched]
        mine = "/v1/customers/" + answers[0].json()["customer_id"]
        paths = (mine, *(f"{mine}/{page}" for page in ("accounts", "facts", "signals", "measures")))
        answers += [await ask("GET", path, Scope.PROFILE_READ) for path in paths]
        answers.append(await ask("GET", "/v1/customers", Scope.PROFILE_SEARCH))
        await service.settled()
        assert [answer.status_code for answer in answers] == [201, 422, 422, 422, 200, 200, 200, 422, *[200] * 6]
        stored = await everything_stored(service.database.pool)

    assert {"customer", "account", "outbox", "idempotency", "transaction"} <= {where for where, _ in stored}
    assert leaks(stored) == set()
    assert leaks([(answer.url.path, answer.text) for answer in answers]) == set()
    assert leaks([("log", caplog.text)]) == set()
    assert leaks([("report", (tmp_path / "report.csv").read_text(encoding="utf-8"))]) == set()


async def test_a_ciphertext_moved_to_another_customer_is_refused_and_never_shown(running):
    async with running(SERVICE) as service:
        headers, ids = service.headers(Scope.PROFILE_WRITE), []
        for number in (1, 2):
            body = registration(customer_no=f"C{number}", id_number=resident_id(number=number))
            ids.append((await service.client.post("/v1/customers", json=body, headers=headers)).json()["customer_id"])
        await service.database.pool.execute(
            "UPDATE customer a SET phone_sealed = b.phone_sealed FROM customer b"
            " WHERE a.customer_no = 'C1' AND b.customer_no = 'C2'"
        )
        headers = service.headers(Scope.PROFILE_READ)
        answers = [await service.client.get(f"/v1/customers/{customer}", headers=headers) for customer in ids]
        assert [answer.status_code for answer in answers] == [500, 200]


async def test_people_who_register_at_the_same_moment_become_one_customer(running):
    async with running(SERVICE) as service:
        headers = service.headers(Scope.PROFILE_WRITE)
        bodies = [registration(customer_no=f"C{number}") for number in range(6)]
        answers = await asyncio.gather(*(service.client.post("/v1/customers", json=body, headers=headers) for body in bodies))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
        assert {answer.json().get("rule") for answer in answers if answer.status_code == 409} == {"identity-taken"}
        assert await service.database.pool.fetchval("SELECT count(*) FROM customer") == 1


async def test_a_lost_keyset_is_never_replaced_while_customers_need_it(running, servers):
    url = await servers.database("profile")
    async with running(SERVICE, database_url=url) as service:
        headers = service.headers(Scope.PROFILE_WRITE)
        assert (await service.client.post("/v1/customers", json=registration(), headers=headers)).status_code == 201
        lost = service.runtime.settings.keyset
    lost.rename(lost.with_suffix(".kept"))
    with pytest.raises(KeysetUnreadable):
        async with running(SERVICE, database_url=url, keyset=lost):
            pass
    assert not lost.exists()
