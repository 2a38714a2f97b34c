"""HTTP to action: masking for other systems of the bank."""

from fastapi import APIRouter

from chassis.http import Caller, SessionDep, operation
from contracts.values import Scope
from services.compliance.masking.actions import mask_items
from services.compliance.masking.masker import Json, NotText, Placed, TooDeep
from services.compliance.masking.schemas import FindingOut, MaskAnswer, MaskedText, MaskedValue, MaskRequest, PlacedOut

router = APIRouter(tags=["masking"])


@router.post("/v1/mask", **operation(scope=Scope.MASK, errors={TooDeep: 422, NotText: 422}))
async def mask(request: MaskRequest, caller: Caller, session: SessionDep) -> MaskAnswer:
    """Find identity numbers, phones, cards, mail addresses, plates, addresses, names and permits, and mask them (H20)."""
    values = [item.value if item.text is None else item.text for item in request.items]
    version, results = await mask_items(session, values=values, audience=request.audience, caller=caller)
    items = [
        _value(value, found) if item.text is None else _text(str(value), found)
        for item, (value, found) in zip(request.items, results, strict=True)
    ]
    return MaskAnswer(policy_version=version, items=items)


def _text(text: str, found: list[Placed]) -> MaskedText:
    return MaskedText(text=text, findings=[FindingOut(**placed.finding._asdict()) for placed in found])


def _value(value: Json, found: list[Placed]) -> MaskedValue:
    return MaskedValue(value=value, findings=[PlacedOut(pointer=one.pointer, **one.finding._asdict()) for one in found])
