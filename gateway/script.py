"""What to say in an urgent contact (H25): the watch's words, with the last digits of the account from profile, asked at this
moment. Neither events nor compliance hold any digit of a card; both reads are audited where they happen."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel, TypeAdapter, ValidationError

from contracts.desk import AlertScriptOut
from contracts.values import RuleBroken, Scope
from gateway.access import Access, Admission
from gateway.calls import Answer, Calls, PeerFailed
from gateway.exchange import Exchange

_PLACE = "{last_four}"
_HIDDEN = "****"
_ALERT = "/v1/alerts/{}"
_ACCOUNTS = "/v1/customers/{}/accounts"


class AlertUnknown(RuleBroken):
    """This customer has no such alert."""

    rule = "alert-unknown"
    fix = "Take the alert's id and its customer from GET /v1/alerts."


class _Words(BaseModel):
    zh: str
    en: str


class _Alert(BaseModel):
    customer_id: UUID
    account_ids: list[UUID]
    script: _Words


class _Account(BaseModel):
    account_id: UUID
    card_no: str | None = None


_ACCOUNT_LIST = TypeAdapter(list[_Account])


class Script:
    """Puts the words of an alert together."""

    def __init__(self, calls: Calls, access: Access, *, deadline_seconds: float) -> None:
        self._calls = calls
        self._access = access
        self._deadline = deadline_seconds

    async def answer(self, exchange: Exchange, admission: Admission, customer_id: UUID, alert_id: UUID) -> None:
        """Send the script. Raises `AlertUnknown` and `PeerFailed`."""
        answer = await self._ask(exchange, admission, "compliance", _ALERT.format(alert_id), Scope.ALERT_READ)
        if answer.status in {403, 404}:
            raise AlertUnknown
        try:
            alert = _Alert.model_validate_json(_good(answer).body)
        except ValidationError:
            raise PeerFailed("compliance told no alert") from None
        if alert.customer_id != customer_id:
            raise AlertUnknown
        digits = await self._digits(exchange, admission, alert) if alert.account_ids else ""
        out = AlertScriptOut(
            alert_id=alert_id,
            customer_id=customer_id,
            zh=alert.script.zh.replace(_PLACE, digits),
            en=alert.script.en.replace(_PLACE, digits),
        )
        await exchange.answer(out.model_dump_json().encode())

    async def _digits(self, exchange: Exchange, admission: Admission, alert: _Alert) -> str:
        answer = await self._ask(exchange, admission, "profile", _ACCOUNTS.format(alert.customer_id), Scope.PROFILE_READ)
        try:
            accounts = _ACCOUNT_LIST.validate_json(_good(answer).body)
        except ValidationError:
            raise PeerFailed("profile told no accounts") from None
        return last_digits(accounts, alert.account_ids)

    async def _ask(self, exchange: Exchange, admission: Admission, service: str, path: str, scope: Scope) -> Answer:
        authorization = self._access.authorization(admission, audience=service, scope=scope)
        headers = exchange.onward(authorization)
        return await self._calls.ask(service, "GET", path, headers=headers, deadline_seconds=self._deadline)


def last_digits(accounts: Sequence[_Account], wanted: Sequence[UUID]) -> str:
    """The last four digits of the wanted accounts' cards, out of their masked form; hidden for an account without one."""
    cards = {account.account_id: account.card_no for account in accounts}
    found = [(cards.get(account_id) or "")[-4:] for account_id in wanted]
    return "、".join(digits if digits.isdigit() else _HIDDEN for digits in found)


def _good(answer: Answer) -> Answer:
    if answer.status != 200 or not answer.is_json:
        raise PeerFailed(f"a service answered with {answer.status}")
    return answer
