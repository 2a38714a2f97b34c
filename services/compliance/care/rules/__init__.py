"""The care for a sale of a high-risk product to a customer of 65 or more (H24; Order 7 of 2025 art. 14, 18, 46).

The prompt is shown, the customer acknowledges it, staff read it back, a second person confirms, and hours pass before the
sale may go on. What of this a sale needs is data (`policies/care/older_care.yaml`); `lacking` says what is still to come.
"""

from services.compliance.care.rules.steps import lacking
from services.compliance.care.rules.values import CareFacts, CareNeed

__all__ = ["CareFacts", "CareNeed", "lacking"]
