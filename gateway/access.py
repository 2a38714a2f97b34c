"""The access decision: policy first, then `profile` for the customer, then one capability for one service."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar
from uuid import UUID

from joserfc.jwk import OKPKey
from pydantic import ValidationError

from chassis.audit import audit
from chassis.auth import Capability, mint
from chassis.database import Database
from contracts.http import AccessAnswer, AccessQuestion
from contracts.values import Outcome, Purpose, Reach, Role, RuleBroken, Scope
from gateway.caches import Expiring
from gateway.calls import Calls, PeerFailed
from gateway.rules.access import AccessPolicy, Grant, NotYourCustomer, decide, may_leave_customer_out
from gateway.tokens import Principal

LIFE_SECONDS = 240
"""Life of a capability: under the five minutes that services are promised."""

REUSE_SECONDS = 120
"""A capability is handed out again for this long, so that at least two minutes of it are left."""

_GRANTS = 4_096
"""Role sets, scopes and purposes whose grant is kept at hand; the policy does not change while running."""

_DECISION = "/v1/access/decisions"


class AuditUnwritable(RuleBroken):
    """The refusal could not be recorded, so it is not answered as one."""

    status: ClassVar[int] = 503
    rule = "audit-unwritable"
    fix = "Try again shortly."


@dataclass(frozen=True, slots=True)
class Admission:
    """A caller who may go on: as which role, for which purpose, over whose data."""

    principal: Principal
    grant: Grant
    customer_id: UUID | None

    @property
    def reach(self) -> Reach:
        """One customer when bound to one, else as far as the role reaches."""
        return Reach.ONE if self.customer_id is not None else self.grant.reach

    @property
    def bound_to(self) -> UUID | None:
        """The one customer: of the operation, or of a caller who reaches no other."""
        return self.principal.customer_id if self.customer_id is None and self.reach is Reach.ONE else self.customer_id


class Access:
    """Admits principals to operations and mints what the services ask for."""

    def __init__(
        self,
        *,
        policy: AccessPolicy,
        calls: Calls,
        database: Callable[[], Database],
        key: OKPKey,
        allow_seconds: float,
        deadline_seconds: float,
    ) -> None:
        self.policy = policy
        self._calls = calls
        self._database = database
        self._key = key
        self._allow_seconds = allow_seconds
        self._deadline_seconds = deadline_seconds
        self._decide = lru_cache(_GRANTS)(lambda roles, scope, purpose: decide(policy, roles=roles, scope=scope, purpose=purpose))
        self._allowed: Expiring[tuple[str, UUID, Purpose, Scope], bool] = Expiring()
        self._tokens: Expiring[tuple[str, UUID | None, Purpose, str, Scope], str] = Expiring()

    async def admit(
        self,
        principal: Principal,
        scope: Scope,
        *,
        customer_id: UUID | None,
        purpose: str | None,
        reading: bool,
        request_id: str,
    ) -> Admission:
        """Raises the broken rule of `gateway.rules.access` after recording it, `AuditUnwritable`, or `PeerFailed`."""
        try:
            grant = self._decide(principal.roles, scope, purpose)
            if customer_id is None:
                may_leave_customer_out(grant, reading=reading)
        except RuleBroken as broken:
            await self._record(principal, scope, customer_id, None, broken.rule, request_id)
            raise
        if customer_id is not None:
            await self._ask_profile(principal, grant, scope, customer_id, request_id)
        return Admission(principal=principal, grant=grant, customer_id=customer_id)

    def authorization(self, admission: Admission, *, audience: str, scope: Scope) -> str:
        """The Authorization header for `audience`: one scope, one customer or the grant's reach, a few minutes."""
        principal, purpose = admission.principal, admission.grant.purpose
        key = (principal.key, admission.bound_to, purpose, audience, scope)
        token = self._tokens.get(key)
        if token is None:
            capability = Capability(
                subject=principal.subject,
                roles=admission.grant.roles,
                scopes=frozenset({scope}),
                customer=admission.bound_to,
                reach=admission.reach,
                staff_no=principal.staff_no,
                branch=principal.branch,
                purpose=purpose,
            )
            token = "Bearer " + mint(self._key, capability, audience=audience, seconds=LIFE_SECONDS)
            self._tokens.put(key, token, life_seconds=REUSE_SECONDS)
        return token

    async def _ask_profile(self, principal: Principal, grant: Grant, scope: Scope, customer_id: UUID, request_id: str) -> None:
        key = (principal.key, customer_id, grant.purpose, scope)
        if self._allowed.get(key):
            return
        answer = await self._decision(_question(principal, grant, scope, customer_id), request_id)
        if not answer.allowed:
            # The caller is told one rule whatever the reason was: which customers exist is not theirs to learn.
            await self._record(principal, scope, customer_id, grant.purpose, answer.rule, request_id)
            raise NotYourCustomer
        self._allowed.put(key, True, life_seconds=self._allow_seconds)

    async def _decision(self, question: AccessQuestion, request_id: str) -> AccessAnswer:
        answer = await self._calls.ask(
            "profile",
            "POST",
            _DECISION,
            headers={
                "Authorization": self._own_authorization("profile"),
                "Content-Type": "application/json",
                "X-Request-ID": request_id,
            },
            body=question.model_dump_json().encode(),
            deadline_seconds=self._deadline_seconds,
        )
        if answer.status != 200:
            raise PeerFailed(f"profile answered the access question with {answer.status}")
        try:
            return AccessAnswer.model_validate_json(answer.body)
        except ValidationError:
            raise PeerFailed("profile gave no answer to the access question") from None

    def _own_authorization(self, audience: str) -> str:
        """The gateway's own capability, good for asking whether somebody may act on a customer."""
        key = ("", None, Purpose.OPERATIONS, audience, Scope.ACCESS_DECIDE)
        token = self._tokens.get(key)
        if token is None:
            capability = Capability(
                subject="gateway",
                roles=(Role.SYSTEM,),
                scopes=frozenset({Scope.ACCESS_DECIDE}),
                reach=Reach.ALL,
                purpose=Purpose.OPERATIONS,
            )
            token = "Bearer " + mint(self._key, capability, audience=audience, seconds=LIFE_SECONDS)
            self._tokens.put(key, token, life_seconds=REUSE_SECONDS)
        return token

    async def _record(
        self,
        principal: Principal,
        scope: Scope,
        customer_id: UUID | None,
        purpose: Purpose | None,
        rule: str,
        request_id: str,
    ) -> None:
        """Write the refusal to the audit log, through the gateway's outbox. Raises `AuditUnwritable`."""
        caller = Capability(
            subject=principal.subject,
            roles=principal.roles,
            scopes=frozenset(),
            reach=Reach.ONE,
            purpose=purpose or _default_purpose(self.policy, principal.roles),
            request_id=request_id,
        )
        try:
            async with self._database().begin() as session:
                await audit(
                    session,
                    caller=caller,
                    act=f"access.{scope.value}",
                    customer_id=customer_id,
                    outcome=Outcome.REFUSED,
                    rule=rule,
                )
        except Exception as error:  # whatever kept the entry from being written
            raise AuditUnwritable("the refusal could not be recorded") from error


def _question(principal: Principal, grant: Grant, scope: Scope, customer_id: UUID) -> AccessQuestion:
    return AccessQuestion(
        subject=principal.subject,
        roles=list(grant.roles),
        staff_no=principal.staff_no,
        branch=principal.branch,
        own_customer_id=principal.customer_id,
        customer_id=customer_id,
        purpose=grant.purpose,
        scope=scope,
    )


def _default_purpose(policy: AccessPolicy, roles: Iterable[Role]) -> Purpose:
    held = set(roles)
    return next((entry.default_purpose for role, entry in policy.roles.items() if role in held), Purpose.SERVICE)
