"""What other rooms of this service ask of a text that they are to publish."""

from contracts.values import ProductClass
from services.compliance.scanning.lexicon import shipped
from services.compliance.scanning.rules.values import ContentKind


def check_wording(text: str, product_class: ProductClass, *, place: str) -> None:
    """Refuse a text that may not be said to a customer, or lacks the risk warning (H23). Raises ValueError naming the rules."""
    verdict = shipped().scan(text, kind=ContentKind.TEMPLATE, product_class=product_class)
    if not verdict.passes:
        rules = ", ".join(sorted({finding.rule for finding in verdict.findings}))
        raise ValueError(f"{place} may not be said: {rules}; POST /v1/scan tells the places and what to write instead")
