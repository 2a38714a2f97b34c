"""Planted identity numbers, phones, cards, names and addresses are found nowhere outside the ciphertexts (H20, invariant 10).

The whole journey through the door of a whole suite; then everything is searched that a suite writes or says.
"""

import asyncio
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from contracts.values import Role
from steward.suite import APPS, Suite
from steward.tokens import local_token
from tests.gateway.desk import PROPOSAL, TEAM
from tests.services.profile.builders import (
    CARD,
    PRODUCTS,
    account_row,
    balance_row,
    customer_row,
    registration,
    resident_id,
    transaction_row,
    write,
)
from tests.support.suites import started, steward

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

NAME, ADDRESS, EMAIL, PHONE = "欧阳金丝雀", "上海市金丝雀路77号", "canary77@example.com", "13700007777"
ID_NUMBER, OTHER_ID, OLD_ID = resident_id(number=77), resident_id(number=78), "110101900307771"
FOREIGN_CARD = "4111111111111111"
PLANTED = (ID_NUMBER, OTHER_ID, OLD_ID, PHONE, CARD, FOREIGN_CARD, NAME, NAME[2:], ADDRESS, EMAIL)
PERSON = {"name": NAME, "id_number": ID_NUMBER, "phone": PHONE, "address": ADDRESS, "email": EMAIL}
NUMBERS = f"{PHONE}，{ID_NUMBER}，{CARD}"
SAID = f"{NAME} {PHONE} {ID_NUMBER} {OLD_ID} {CARD}，{ADDRESS}"


class Collector(http.server.BaseHTTPRequestHandler):
    """Takes in what an OpenTelemetry exporter sends."""

    bodies: list[bytes]

    def do_POST(self) -> None:  # the library's name
        """Keep one export."""
        self.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """Traces and metrics of every app, all of them, as they leave."""
    bodies: list[bytes] = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Ours", (Collector,), {"bodies": bodies}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in APPS:
        monkeypatch.setenv(f"STEWARD_{name.upper()}_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
        monkeypatch.setenv(f"STEWARD_{name.upper()}_TRACE_RATIO", "1")
        monkeypatch.setenv(f"STEWARD_{name.upper()}_LOG_LEVEL", "DEBUG")
    yield bodies
    server.shutdown()
    server.server_close()


class Journey:
    """A day of the bank, through the gateway. `said` holds every answer but the desk's, which shows its own texts."""

    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        self.said: dict[str, bytes] = {}
        self._base_url = suite.url("gateway")

    def ask(
        self, who: Role, method: str, path: str, expected: int, *, staff_no: str = "M1", headers=None, **body
    ) -> httpx.Response:
        """One request; the answer is kept. None expects any status."""
        token = local_token(self.suite.folder, roles=[who], subject=f"u-{staff_no}", staff_no=staff_no, branch="B001")
        sent = {"Authorization": f"Bearer {token}", **(headers or {})}
        answer = httpx.request(method, self._base_url + path, headers=sent, timeout=60, **body)
        assert expected in (None, answer.status_code), (path, answer.status_code, answer.json().get("rule"))
        if "/cases" not in path or answer.status_code >= 400:
            self.said[f"{len(self.said)} {method} {path} {answer.status_code}"] = answer.content + str(answer.headers).encode()
        return answer

    def customer(self) -> str:
        """Register, be refused for bad input, be found again, feed."""
        once = {"Idempotency-Key": "canary"}
        manager, feed = Role.BRANCH_MANAGER, Role.OPERATOR
        body = registration(**PERSON, customer_no="CANARY")
        customer = self.ask(manager, "POST", "/v1/customers", 201, json=body, headers=once).json()["customer_id"]
        self.ask(manager, "POST", "/v1/customers", 201, json=body, headers=once)
        for wrong in (
            {"sex": SAID},
            {"email": ID_NUMBER},
            {"customer_no": NAME},
            {"id_number": ID_NUMBER[:-1] + "Y"},
            {"phone": CARD},
        ):
            self.ask(manager, "POST", "/v1/customers", 422, json={**body, **wrong})
        self.ask(manager, "POST", "/v1/customers", 409, json={**body, "customer_no": "AGAIN"})
        self.ask(manager, "POST", "/v1/customers", 400, content=SAID.encode(), headers={"Content-Type": "application/json"})
        for known in ({"id_number": ID_NUMBER}, {"phone": PHONE}, {"card": CARD}):
            self.ask(manager, "POST", "/v1/customers/search", 200, json=known)
        self.ask(manager, "POST", "/v1/customers/search", None, json={"id_number": OLD_ID})
        self.ask(manager, "GET", f"/v1/{NAME}/{ID_NUMBER}?phone={PHONE}", 404)
        self.ask(manager, "GET", f"/v1/customers/{ID_NUMBER}", 422)
        rows = [account_row("A9", "CANARY", card_no=FOREIGN_CARD), account_row("A8", "CANARY", card_no=CARD[:-1] + "0")]
        self.ask(feed, "POST", "/v1/accounts", 200, json={"rows": rows})
        paid = transaction_row("T9", "2026-01-05", "60000", account_no="A9", counterparty_account_no=CARD)
        self.ask(feed, "POST", "/v1/transactions", 200, json={"rows": [paid, {**paid, "amount": PHONE + "x"}]})
        return customer

    def pages(self, customer: str) -> None:
        """What people of the bank and the customer look at."""
        for page in ("", "/accounts", "/facts", "/signals", "/measures", "/tier", "/plan", "/points", "/overview"):
            self.ask(Role.BRANCH_MANAGER, "GET", f"/v1/customers/{customer}{page}", 200)
        self.ask(Role.BRANCH_MANAGER, "GET", "/v1/customers", 200)
        self.ask(Role.BRANCH_MANAGER, "POST", f"/v1/customers/{customer}/referral-code", 201)
        self.ask(
            Role.BRANCH_MANAGER,
            "POST",
            "/v1/mask",
            200,
            json={"audience": "nobody", "items": [{"value": [NUMBERS]}]},
        )
        self.ask(Role.BRANCH_MANAGER, "POST", "/v1/scan", 200, json={"texts": [{"text": SAID, "kind": "draft"}]})

    def case(self, customer: str) -> None:
        """A case whose team writes names and numbers into its texts."""
        people = [{**person, "branch": "B001"} for person in TEAM]
        self.ask(Role.OPERATOR, "POST", "/v1/staff", 200, json={"items": people})
        opened = self.ask(
            Role.BRANCH_MANAGER, "POST", "/v1/cases", 201, json={"customer_id": customer, "cause": "business_succession"}
        ).json()
        path = f"/v1/cases/{opened['case_id']}"
        for member in opened["members"]:
            section = {"department": member["department"], "text": SAID}
            self.ask(Role.ADVISER, "POST", f"{path}/sections", 200, staff_no=member["staff_no"], json=section)
        promise = {"text": f"{SAID} 保本保息 {PROPOSAL}"}
        self.ask(Role.ADVISER, "POST", f"{path}/proposal", 422, staff_no=opened["lead"], json=promise)
        kept, text = {"Idempotency-Key": "canary"}, {"text": SAID + PROPOSAL}
        shown = self.ask(Role.ADVISER, "POST", f"{path}/proposal", 200, staff_no=opened["lead"], json=text, headers=kept).json()
        assert shown["proposal"] == SAID + PROPOSAL, "the team itself reads what it wrote"

    def audit(self) -> None:
        """Who looks at the audit log."""
        for path in ("/v1/audit/entries", "/v1/summary/audit", "/v1/audit/checkpoints"):
            self.ask(Role.AUDITOR, "GET", path, 200)


def bank(folder: Path) -> Path:
    """A bank's files: one good customer, and lines that are refused."""
    person = {**PERSON, "id_type": "resident_id", "id_number": OTHER_ID}
    return write(
        folder,
        products=PRODUCTS,
        customers=[
            customer_row("C2", **person),
            customer_row("C3", **{**person, "sex": "x"}),
            customer_row("C4", **{**person, "phone": PHONE + "0"}),
        ],
        accounts=[account_row("A2", "C2", card_no=CARD), account_row("A3", "C2", card_no=CARD[:-1] + "0")],
        balances=[balance_row("2026-01-01", "600000", "A2")],
        transactions=[transaction_row("T1", "2026-01-01", "60000", account_no="A2", counterparty_account_no=FOREIGN_CARD)],
    )


def dumped(suite: Suite) -> dict[str, bytes]:
    """Every table of every database, as text; what stands in bytes shows as hexadecimal and is added as it is."""

    async def dump() -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for name, url in suite.databases.items():
            connection = await asyncpg.connect(url)
            for table in await connection.fetch("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"):
                rows = await connection.fetch(f'SELECT t::text AS row, t.* FROM "{table["name"]}" t')
                raw = [value for row in rows for value in row.values() if isinstance(value, bytes)]
                found[f"{name}.{table['name']}"] = b"\n".join([*(row["row"].encode() for row in rows), *raw])
            await connection.close()
        return found

    return asyncio.run(dump())


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def leaks(places: dict[str, bytes]) -> set[tuple[str, str]]:
    """Where a planted value stands, in the ways that text is written."""
    found = set()
    for value in PLANTED:
        ways = (value.encode(), value.encode().hex().encode(), value.encode("unicode-escape"), value.encode("utf-16-le"))
        found |= {(where, value) for where, text in places.items() if any(way in text for way in ways)}
    return found


def test_planted_people_are_nowhere_in_what_a_suite_writes_or_says(state_folder: Path, tmp_path: Path, exported) -> None:
    with started(state_folder) as up:
        suite = up.ready()
        journey = Journey(suite)
        customer = journey.customer()
        report, bundle = tmp_path / "report.csv", tmp_path / "log.zip"
        imported = steward(state_folder, "import", str(bank(tmp_path / "bank")), "--report", str(report), "--as-of", "2026-01-05")
        assert imported.returncode == 0, imported.stderr
        journey.pages(customer)
        journey.case(customer)
        journey.audit()
        assert steward(state_folder, "audit", "export", "--out", str(bundle)).returncode == 0
        stored = dumped(suite)
        metrics = httpx.get(f"{suite.url('profile')}/internal/status").content
        assert up.stop() == 0
        logs = {"output": up.output.encode(), **files(suite.logs)}

    streams = files(state_folder / "nats")
    assert {name.partition(".")[0] for name in stored} == set(APPS)
    assert sum(map(len, streams.values())) > 10_000, "the stream's files were read"
    assert b"customer.register" in b"".join(stored.values())
    assert any(b"http.route" in body for body in exported), "spans were exported"
    assert leaks(stored) == set()
    assert leaks(streams) == set()
    assert leaks(logs) == set()
    assert leaks({f"export {place}": body for place, body in enumerate(exported)}) == set()
    assert leaks({**journey.said, "status": metrics}) == set()
    printed = (imported.stdout + imported.stderr).encode()
    assert leaks({"import": printed, "report": report.read_bytes(), "bundle": bundle.read_bytes()}) == set()
    assert leaks({"a planted row": f"note: {PHONE}".encode()}) == {("a planted row", PHONE)}
