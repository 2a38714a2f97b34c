"""Asking the gate: load everything as it was at the moment of the sale, decide, keep the answer; and make it again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import orjson
from pydantic import TypeAdapter

from chassis.audit import audit
from chassis.auth import Capability
from chassis.clock import SHANGHAI
from chassis.database import Session
from chassis.ids import new_id
from contracts.values import Channel, Fen, Reach, Role, RuleBroken
from services.compliance.documents import actions as documents
from services.compliance.suitability.actions.reach import ensure_within_reach
from services.compliance.suitability.actions.steps import care_in, recording_in
from services.compliance.suitability.policy import GATE, gate_policy
from services.compliance.suitability.rules.assessing import age_on
from services.compliance.suitability.rules.gate import LOGIC, decide
from services.compliance.suitability.rules.policy import GatePolicy
from services.compliance.suitability.rules.values import (
    Approach,
    Component,
    Decision,
    Initiative,
    Insurance,
    Means,
    Outcome,
    Question,
)
from services.compliance.suitability.store import checks, facts

Json: TypeAlias = dict[str, Any]  # Any: JSON

CLOCKS_APART = timedelta(seconds=30)
"""How far ahead of this service's clock the moment of a sale may be."""

_QUESTIONS = TypeAdapter(Question)


class CheckUnknown(RuleBroken):
    """There is no such check."""

    rule = "suitability-check-unknown"
    fix = "List the customer's checks with GET /v1/customers/{customer_id}/suitability-checks."


class MomentInFuture(RuleBroken):
    """A sale that has not happened yet is checked when it happens."""

    rule = "sale-moment-in-future"
    fix = "Send the moment of the sale, or leave it out for now."


class SellerIsAnother(RuleBroken):
    """An adviser asks for their own sales, and a customer's own sale in the app has no seller."""

    rule = "seller-is-another"
    fix = "Name yourself as the seller; in the customer's own app name none and use the channel app."


@dataclass(frozen=True, slots=True)
class Premium:
    """What an insurance costs: premiums in fen."""

    single_fen: Fen | None
    yearly_fen: Fen | None
    years_of_payment: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be sold to whom, by whom, how. Amounts in fen; `portfolio` is what is sold with it, as `(product, amount)`."""

    customer_id: UUID
    product_code: str
    amount_fen: Fen
    channel: Channel
    initiative: Initiative
    approach: Approach
    seller_no: str | None = None
    sale_no: str | None = None
    moment: datetime | None = None
    portfolio: tuple[tuple[str, Fen], ...] = ()
    premium: Premium | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The gate's answer as it is kept."""

    check_id: UUID
    outcome: Outcome
    items: list[Json]
    policy_version: int


@dataclass(frozen=True, slots=True)
class Replay:
    """The answer made again from what was kept."""

    same: bool
    outcome: Outcome
    items: list[Json]
    policy_version: int
    logic_then: int
    logic_now: int


async def check(session: Session, *, caller: Capability, asked: Asked, now: datetime) -> Answer:
    """Answer, keep the answer with all its inputs, and audit it by codes.

    Raises `Refusal` 403 for a customer of somebody else, `MomentInFuture`, `SellerIsAnother`.
    """
    await ensure_within_reach(session, caller, asked.customer_id)
    _check_seller(caller, asked)
    moment = asked.moment or now
    if moment > now + CLOCKS_APART:
        raise MomentInFuture(field="body.moment")
    question = await _question(session, asked, moment)
    version, _ = await documents.current(session, kind=GATE, day=question.day)
    policy = await gate_policy(session, version=version)
    decision = decide(question, policy)
    answer = Answer(new_id(), decision.outcome, items_of(decision, policy, version), version)
    await _keep(session, asked=asked, question=question, answer=answer, caller=caller, now=now)
    return answer


def _check_seller(caller: Capability, asked: Asked) -> None:
    if Role.CUSTOMER in caller.roles and (asked.seller_no is not None or asked.channel is not Channel.APP):
        raise SellerIsAnother(field="body.seller_no")
    if caller.reach is Reach.OWN and asked.seller_no != caller.staff_no:
        raise SellerIsAnother(field="body.seller_no")


async def _question(session: Session, asked: Asked, moment: datetime) -> Question:
    day = moment.astimezone(SHANGHAI).date()
    codes = [asked.product_code, *(code for code, _ in asked.portfolio)]
    known = await facts.facts_of(
        session,
        asked.customer_id,
        moment=moment,
        day=day,
        products=codes,
        seller_no=asked.seller_no,
        sale_no=asked.sale_no,
    )
    products = {product.code: product for product in known.products}
    assets = [fen for fen in (known.bank_assets_fen, known.declared_assets_fen) if fen is not None]
    return Question(
        moment=moment,
        day=day,
        channel=asked.channel,
        initiative=asked.initiative,
        approach=asked.approach,
        amount_fen=asked.amount_fen,
        product=products.get(asked.product_code),
        product_code=asked.product_code,
        seller_no=asked.seller_no,
        sale_no=asked.sale_no,
        portfolio=tuple(Component(code, amount, products.get(code)) for code, amount in asked.portfolio),
        age=None if known.birth_date is None else age_on(known.birth_date, day),
        capacity=known.capacity,
        assessment=known.assessment,
        means=Means(max(assets, default=None), known.declared_income_fen),
        qualifications=known.qualifications,
        investor=known.investor,
        insurance=_insurance(asked.premium, known.analysis),
        papers=known.papers,
        recording=await recording_in(session, asked.customer_id, asked.sale_no),
        care=await care_in(session, asked.customer_id, asked.sale_no, moment=moment),
        lock=known.lock,
    )


def _insurance(premium: Premium | None, analysis: facts.Analysis | None) -> Insurance | None:
    if premium is None and analysis is None:
        return None
    return Insurance(
        single_premium_fen=None if premium is None else premium.single_fen,
        yearly_premium_fen=None if premium is None else premium.yearly_fen,
        years_of_payment=0 if premium is None else premium.years_of_payment,
        analysis_id=None if analysis is None else analysis.id,
        needs=() if analysis is None else analysis.needs,
        family_income_fen=None if analysis is None else analysis.family_income_fen,
        budget_fen=None if analysis is None else analysis.budget_fen,
    )


def items_of(decision: Decision, policy: GatePolicy, version: int) -> list[Json]:
    """What was found, with the words and the clause of the policy's version."""
    return [
        {
            "rule": finding.rule,
            "effect": finding.effect.value,
            "rule_version": version,
            "clause": policy.rules[finding.rule].clause,
            "zh": policy.rules[finding.rule].zh,
            "en": policy.rules[finding.rule].en,
            "fix": policy.rules[finding.rule].fix,
            "evidence": finding.evidence,
        }
        for finding in decision.findings
    ]


async def _keep(session: Session, *, asked: Asked, question: Question, answer: Answer, caller: Capability, now: datetime) -> None:
    await checks.add(
        session,
        check_id=answer.check_id,
        customer_id=asked.customer_id,
        product_code=asked.product_code,
        sale_no=asked.sale_no,
        outcome=answer.outcome.value,
        items=answer.items,
        inputs=_QUESTIONS.dump_python(question, mode="json"),
        versions=(answer.policy_version, LOGIC),
        moment=question.moment,
        checked_by=caller.subject,
        now=now,
    )
    details: dict[str, int | str] = {
        "check": str(answer.check_id),
        "outcome": answer.outcome.value,
        "policy": answer.policy_version,
        "rules": ",".join(sorted({item["rule"] for item in answer.items if item["effect"] != "note"})),
    }
    await audit(session, caller=caller, act="suitability.checked", customer_id=asked.customer_id, details=details)


async def read(session: Session, *, caller: Capability, check_id: UUID, act: str = "suitability.read") -> Json:
    """A check as it was kept. The look is audited. Raises `CheckUnknown`, `Refusal` 403."""
    row = await checks.get(session, check_id)
    if row is None:
        raise CheckUnknown("there is no such check", field="path.check_id")
    await ensure_within_reach(session, caller, row["customer_id"])
    await audit(session, caller=caller, act=act, customer_id=row["customer_id"], details={"check": str(check_id)})
    return {**dict(row), "items": orjson.loads(row["items"]), "inputs": orjson.loads(row["inputs"])}


async def replay(session: Session, *, caller: Capability, check_id: UUID) -> Replay:
    """Make the answer again from the kept inputs and the policy of that time. Raises `CheckUnknown`, `Refusal` 403."""
    kept = await read(session, caller=caller, check_id=check_id, act="suitability.replayed")
    version = kept["policy_version"]
    policy = await gate_policy(session, version=version)
    decision = decide(_QUESTIONS.validate_python(kept["inputs"]), policy)
    items = items_of(decision, policy, version)
    return Replay(
        same=decision.outcome.value == kept["outcome"] and items == kept["items"],
        outcome=decision.outcome,
        items=items,
        policy_version=version,
        logic_then=kept["logic_version"],
        logic_now=LOGIC,
    )
