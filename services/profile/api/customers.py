"""Registering, changing, reading and finding customers. Every read of personal data is audited."""

from uuid import UUID

from fastapi import APIRouter, Response

from chassis.audit import audit
from chassis.http import Caller, Now, PageDep, SessionDep, Today, operation
from chassis.pagination import Page, encode
from contracts.values import Reach, Role, RuleBroken, Scope
from services.profile import actions, intake
from services.profile.actions.register import Registration
from services.profile.api.masked import customer_out, customers_out
from services.profile.api.standing import KEYS, of_customer
from services.profile.keyring import VaultDep
from services.profile.rules import identity as rules
from services.profile.rules.standing import CustomerUnknown
from services.profile.schemas import ChangeIn, CustomerOut, RegisteredOut, RegistrationIn, SearchIn
from services.profile.store import access as access_store
from services.profile.store import customers
from services.profile.vault import Identity

router = APIRouter(tags=["customers"])

PERSON_RULES: dict[type[RuleBroken], int] = {
    rules.IdentityIncomplete: 422,
    rules.IdentityInconsistent: 422,
    rules.BornInFuture: 422,
    rules.OpenedBeforeBirth: 422,
    rules.IdentityTaken: 409,
    intake.IdNumberInvalid: 422,
    intake.RegionUnknown: 422,
    intake.PhoneInvalid: 422,
    intake.EmailInvalid: 422,
    **KEYS,
}
SELF_SERVICE = frozenset({"phone", "email", "address"})
MOST_FOUND = 50


class StaffOnly(RuleBroken):
    """Customers are registered by the bank's staff."""

    rule = "staff-only"
    fix = "Ask a branch to register the customer."


class OtherBranch(RuleBroken):
    """Staff of a branch register and move customers within their branch."""

    rule = "other-branch"
    fix = "Use your own branch, or ask the other branch."


class FieldNotSelfService(RuleBroken):
    """Customers change how they are reached by themselves; the rest needs the branch and a document."""

    rule = "field-not-self-service"
    fix = "Change phone, email or address here; visit a branch for the rest."


class RequiredField(RuleBroken):
    """A field that every record has was emptied."""

    rule = "field-required"
    fix = "Give a value, or leave the field out to keep it."


class NothingToSearch(RuleBroken):
    """A search without anything to search for."""

    rule = "search-empty"
    fix = "Give id_number, phone or card."


@router.post(
    "/v1/customers",
    status_code=201,
    **operation(scope=Scope.PROFILE_WRITE, errors={**PERSON_RULES, rules.CustomerNoTaken: 409, StaffOnly: 403, OtherBranch: 403}),
)
async def register(
    body: RegistrationIn, response: Response, caller: Caller, session: SessionDep, vault: VaultDep, today: Today
) -> RegisteredOut:
    """Register a customer; a referral code goes along with the event (H28)."""
    if Role.CUSTOMER in caller.roles:
        raise StaffOnly
    _check_branch(caller.reach, caller.branch, body.branch)
    identity = Identity(
        id_type=body.id_type,
        name=body.name,
        id_number=None if body.id_number is None else intake.id_number(body.id_type, body.id_number),
        phone=None if body.phone is None else intake.phone(body.phone),
        email=None if body.email is None else intake.email(body.email),
        address=body.address,
    )
    values = body.model_dump(exclude={"name", "id_type", "id_number", "phone", "email", "address"})
    registration = Registration(identity=identity, **values)
    customer_id = await actions.register_customer(session, registration=registration, vault=vault, today=today)
    await audit(session, caller=caller, act="customer.register", customer_id=customer_id)
    response.headers["Location"] = f"/v1/customers/{customer_id}"
    return RegisteredOut(customer_id=customer_id)


def _check_branch(reach: Reach, own: str | None, wanted: str) -> None:
    if reach is not Reach.ALL and own is not None and own != wanted:
        raise OtherBranch(field="branch")


@router.get("/v1/customers", **operation(scope=Scope.PROFILE_SEARCH, errors=KEYS))
async def list_customers(caller: Caller, session: SessionDep, vault: VaultDep, page: PageDep, now: Now) -> Page[CustomerOut]:
    """Customers within the caller's reach: those served by the caller, those of the branch, or all."""
    rows = await customers.page(
        session,
        branch=(caller.branch or "") if caller.reach is Reach.BRANCH else None,
        staff_no=(caller.staff_no or "") if caller.reach in (Reach.OWN, Reach.ONE) else None,
        now=now,
        after=UUID(str(page.after[0])) if page.after else None,
        limit=page.limit,
    )
    shown = rows[: page.limit]
    await audit(session, caller=caller, act="customer.list", details={"customers": len(shown)})
    items = await customers_out(shown, vault, caller)
    return Page(items=items, next=encode(str(shown[-1]["id"])) if len(rows) > page.limit else None)


@router.post(
    "/v1/customers/search",
    **operation(
        scope=Scope.PROFILE_SEARCH,
        errors={
            NothingToSearch: 422,
            intake.IdNumberInvalid: 422,
            intake.RegionUnknown: 422,
            intake.PhoneInvalid: 422,
            intake.CardInvalid: 422,
            **KEYS,
        },
    ),
)
async def search(body: SearchIn, caller: Caller, session: SessionDep, vault: VaultDep, now: Now) -> Page[CustomerOut]:
    """Find customers by exactly their identity number, phone or card, within the caller's reach."""
    if not (body.id_number or body.phone or body.card):
        raise NothingToSearch
    found = await customers.search(
        session,
        id_number=vault.person_index(body.id_type, intake.id_number(body.id_type, body.id_number)) if body.id_number else None,
        phone=vault.blinder.index("phone", intake.phone(body.phone)) if body.phone else None,
        card=vault.blinder.index("card", intake.card_no(body.card)) if body.card else None,
        limit=MOST_FOUND,
    )
    within = [row for row in found if await access_store.within(session, row, caller, now=now)]
    for row in within:
        await audit(session, caller=caller, act="customer.search", customer_id=row["id"])
    if not within:
        await audit(session, caller=caller, act="customer.search", details={"customers": 0})
    return Page(items=await customers_out(within, vault, caller))


@router.get("/v1/customers/{customer_id}", **of_customer(scope=Scope.PROFILE_READ, errors=KEYS))
async def read(customer_id: UUID, caller: Caller, session: SessionDep, vault: VaultDep) -> CustomerOut:
    """One customer, identity masked."""
    row = await customers.find(session, customer_id)
    if row is None:
        raise CustomerUnknown
    await audit(session, caller=caller, act="customer.read", customer_id=customer_id)
    return await customer_out(row, vault, caller)


@router.patch(
    "/v1/customers/{customer_id}",
    **of_customer(
        scope=Scope.PROFILE_WRITE,
        errors={**PERSON_RULES, FieldNotSelfService: 403, OtherBranch: 403, RequiredField: 422},
    ),
)
async def change(
    customer_id: UUID, body: ChangeIn, caller: Caller, session: SessionDep, vault: VaultDep, today: Today
) -> CustomerOut:
    """Change fields of a customer; what changed is published with the whole new state."""
    changes = body.model_dump(exclude_unset=True)
    if Role.CUSTOMER in caller.roles and (others := sorted(set(changes) - SELF_SERVICE)):
        raise FieldNotSelfService(field=others[0])
    if changes.get("branch"):
        _check_branch(caller.reach, caller.branch, str(changes["branch"]))
    for name in ("id_type", "birth_date", "sex", "branch", "opened_on"):
        if name in changes and changes[name] is None:
            raise RequiredField(field=name)
    row = await customers.find(session, customer_id)
    if row is None:
        raise CustomerUnknown
    if changes.get("id_number"):
        changes["id_number"] = intake.id_number(changes.get("id_type") or row["id_type"], changes["id_number"])
    if changes.get("phone"):
        changes["phone"] = intake.phone(changes["phone"])
    if changes.get("email"):
        changes["email"] = intake.email(changes["email"])
    changed = await actions.change_customer(session, customer_id=customer_id, changes=changes, vault=vault, today=today)
    await audit(session, caller=caller, act="customer.change", customer_id=customer_id, details={"changed": int(changed)})
    row = await customers.find(session, customer_id)
    assert row is not None  # read above in this transaction, and customers are never deleted
    return await customer_out(row, vault, caller)
