"""Everybody around one customer's sale, speaking to the running service."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import httpx
import orjson

from chassis.ids import new_id
from contracts.values import Reach, Role, Scope
from services.compliance.suitability.rules.values import NOTICES
from services.compliance.suitability.store import customers
from tests.services.compliance.suitability.builders import QUESTIONNAIRE
from tests.support.apps import Running

BALANCED = {asked.code: "b" for asked in QUESTIONNAIRE.questions}
"""Answers that give C3."""

CAUTIOUS = {**BALANCED, "loss": "a"}
"""Answers that give C1."""


class Desk:
    """A customer of 40 with adviser A100, and a fund."""

    def __init__(self, service: Running) -> None:
        self.service = service
        self.customer = new_id()
        self.product = f"F-{self.customer.hex[-12:]}"
        self.sale_no = f"S-{self.customer.hex[-12:]}"
        self.adviser = service.headers(
            *(Scope.SUITABILITY_CHECK, Scope.SUITABILITY_READ),
            roles=[Role.ADVISER],
            reach=Reach.OWN,
            subject="staff:A100",
            staff_no="A100",
        )
        self.seller = service.headers(
            *(Scope.SUITABILITY_RECORD, Scope.SUITABILITY_READ, Scope.ASSESSMENT_READ, Scope.ASSESSMENT_FILL),
            roles=[Role.ADVISER],
            customer=self.customer,
            subject="staff:A100",
            staff_no="A100",
        )
        self.person = service.headers(
            *(Scope.ASSESSMENT_FILL, Scope.ASSESSMENT_READ, Scope.SUITABILITY_CHECK, Scope.SUITABILITY_RECORD),
            roles=[Role.CUSTOMER],
            customer=self.customer,
            subject=f"customer:{self.customer}",
        )
        self.keeper = self.office("staff:P1", staff_no="P1")

    def office(self, subject: str, **token: object) -> dict[str, str]:
        """Somebody who keeps registers and policies."""
        scopes = (Scope.SUITABILITY_REGISTER, Scope.SUITABILITY_POLICY, Scope.POLICY_READ, Scope.SUITABILITY_READ)
        return self.service.headers(*scopes, roles=[Role.COMPLIANCE], subject=subject, **token)

    @property
    def today(self) -> date:
        """The service's day."""
        return self.service.clock.today()

    async def known(self, *, age: int = 40, adviser: str = "A100", branch: str = "B1") -> None:
        """The customer is on record."""
        born = self.today - timedelta(days=int(age * 365.25) + 3)
        async with self.service.database.begin() as session:
            await customers.put_records(session, [customers.Record(self.customer, born, branch, adviser)])

    async def post(self, path: str, body: object, by: dict[str, str]) -> httpx.Response:
        """POST with a path below /v1, `{c}` standing for the customer."""
        return await self.service.client.post(f"/v1{path.replace('{c}', str(self.customer))}", json=body, headers=by)

    async def get(self, path: str, by: dict[str, str]) -> httpx.Response:
        """GET likewise."""
        return await self.service.client.get(f"/v1{path.replace('{c}', str(self.customer))}", headers=by)

    async def rated(self, level: str = "R3", **changes: object) -> httpx.Response:
        """The fund is rated."""
        body = {"product_class": "fund", "seller_level": level, "effective_from": self.today.isoformat(), **changes}
        return await self.post(f"/products/{self.product}/ratings", body, self.keeper)

    async def qualified(self) -> httpx.Response:
        """A100 may sell funds for a year."""
        until = self.today + timedelta(days=365)
        body = {"product_class": "fund", "valid_from": self.today.isoformat(), "valid_until": until.isoformat()}
        return await self.post("/sellers/A100/qualifications", body, self.keeper)

    async def assessed(self, answers: dict[str, str] = BALANCED, by: dict[str, str] | None = None) -> httpx.Response:
        """The customer fills the questionnaire in."""
        version = (await self.get("/questionnaires/current", self.person)).json()["version"]
        body = {"questionnaire_version": version, "answers": answers}
        return await self.post("/customers/{c}/risk-assessments", body, by or self.person)

    async def noticed(self) -> None:
        """All notices of art. 31 are given."""
        assert (await self.shown(*sorted(NOTICES), by=self.seller)).status_code == 201

    async def ready(self, *, age: int = 40) -> None:
        """Everything but the recording is there."""
        await self.known(age=age)
        await self.rated()
        await self.qualified()
        await self.assessed()
        await self.noticed()

    async def shown(self, *kinds: str, by: dict[str, str]) -> httpx.Response:
        """Papers of the sale are recorded."""
        body = {"kinds": kinds, "product_code": self.product, "reference": str(uuid4())}
        return await self.post(f"/customers/{{c}}/sales/{self.sale_no}/evidence", body, by)

    async def asked(self, by: dict[str, str] | None = None, **changes: object) -> httpx.Response:
        """The gate is asked: by video, so that a recording is due."""
        body = {
            "customer_id": str(self.customer),
            "product_code": self.product,
            "amount_fen": 1_000_000,
            "channel": "video",
            "initiative": "bank",
            "seller_no": "A100",
            "sale_no": self.sale_no,
            **changes,
        }
        return await self.post("/suitability/check", body, by or self.adviser)

    async def own_sale(self, **changes: object) -> httpx.Response:
        """The customer asks in their own app."""
        body = {
            "product_code": self.product,
            "amount_fen": 1_000_000,
            "channel": "app",
            "initiative": "customer",
            "sale_no": self.sale_no,
            **changes,
        }
        return await self.post("/customers/{c}/suitability-checks", body, self.person)

    async def acts(self) -> list[tuple[str, str, str | None]]:
        """What the outbox says was done on the customer: act, outcome, rule."""
        rows = await self.told("compliance.audit.recorded.v1")
        return [(row["act"], row["outcome"], row["rule"]) for row in rows if row["customer_id"] == str(self.customer)]

    async def told(self, subject: str) -> list[dict[str, object]]:
        """The events of a type, in their order."""
        rows = await self.service.database.pool.fetch("SELECT payload FROM outbox WHERE subject = $1 ORDER BY seq", subject)
        return [orjson.loads(row["payload"])["data"] for row in rows]

    async def told_of(self, subject: str, customer: UUID) -> list[dict[str, object]]:
        """The events of a type on one customer."""
        return [row for row in await self.told(subject) if row.get("customer_id") == str(customer)]
