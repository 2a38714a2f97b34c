"""Rules about the product and the sale: rating, seller, private products, notices, recording."""

from contracts.values import Channel
from services.compliance.suitability.rules.customer import has_paper
from services.compliance.suitability.rules.policy import GatePolicy
from services.compliance.suitability.rules.values import Approach, Effect, Finding, Question


def rated(question: Question, policy: GatePolicy) -> list[Finding]:
    """Every part has a rating; where issuer and seller differ, both are shown and the higher counts (art. 22)."""
    parts = [(question.product_code, question.product), *((part.code, part.product) for part in question.portfolio)]
    found: list[Finding] = []
    for code, product in parts:
        if product is None or (product.level is None and product.product_class not in policy.outside):
            found.append(Finding("product-not-rated", Effect.NEEDS, {"product": code}))
        elif product.issuer is not None and product.seller is not None and product.issuer != product.seller:
            levels: dict[str, int | str] = {"issuer": product.issuer.value, "seller": product.seller.value}
            found.append(Finding("product-rated-twice", Effect.NOTE, {"product": code, **levels, "counts": str(product.level)}))
    return found


def qualified_seller(question: Question, policy: GatePolicy) -> list[Finding]:
    """Who sells is qualified for the class (art. 16). A sale in the app without staff has no seller."""
    if question.seller_no is None and question.channel is Channel.APP:
        return []
    entries = {one.product_class: one.entry for one in question.qualifications}
    found = []
    for product_class in sorted({product.product_class for product in question.products}):
        entry = entries.get(product_class)
        if entry is not None and entry.holds(question.day):
            continue
        evidence: dict[str, int | str] = {"seller": question.seller_no or "none", "class": product_class.value}
        if entry is not None:
            evidence["valid_until"] = entry.valid_until.isoformat()
        found.append(Finding("seller-qualification", Effect.NEEDS, evidence))
    return found


def _private(question: Question) -> bool:
    return any(product.private for product in question.products)


def not_to_segments(question: Question, policy: GatePolicy) -> list[Finding]:
    """Private products are offered to single customers, never to a segment (art. 30)."""
    if not _private(question) or question.approach is not Approach.SEGMENT:
        return []
    return [Finding("private-to-segment", Effect.DENY, {"approach": question.approach.value})]


def qualified_investor(question: Question, policy: GatePolicy) -> list[Finding]:
    """Private products are for qualified investors (art. 30)."""
    entry = question.investor
    if not _private(question) or (entry is not None and entry.holds(question.day)):
        return []
    evidence: dict[str, int | str] = {} if entry is None else {"entry": str(entry.id), "until": entry.valid_until.isoformat()}
    return [Finding("qualified-investor", Effect.NEEDS, evidence)]


def notified(question: Question, policy: GatePolicy) -> list[Finding]:
    """What must be told before the sale was told (art. 31), for the rating as it is now."""
    found = []
    for product in question.products:
        kinds = policy.notices.get(product.product_class, ())
        missing = [kind.value for kind in kinds if not has_paper(question, kind, product)]
        if missing:
            found.append(Finding("notices", Effect.NEEDS, {"product": product.code, "missing": " ".join(missing)}))
    return found


def recorded(question: Question, policy: GatePolicy) -> list[Finding]:
    """The double recording is complete where one is asked for (H21; art. 17)."""
    classes = {product.product_class for product in question.products}
    if question.channel not in policy.recording.channels or not classes & policy.recording.classes:
        return []
    recording = question.recording
    if recording is None or recording.product_code != question.product_code:
        return [Finding("recording", Effect.NEEDS, {"state": "none"})]
    if recording.complete:
        return []
    return [Finding("recording", Effect.NEEDS, {"recording": str(recording.id), "state": recording.state})]
