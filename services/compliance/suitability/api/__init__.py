"""Routes of the gate."""

from services.compliance.suitability.api.assessments import router as assessments
from services.compliance.suitability.api.checks import router as checks
from services.compliance.suitability.api.customers import router as customers
from services.compliance.suitability.api.products import router as products

routers = [checks, assessments, products, customers]

__all__ = ["routers"]
