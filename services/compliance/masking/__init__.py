"""Masking (H20): finds personal data in text and JSON and writes it in the form that its reader may see.

A library of its own within compliance: the route, the command line and other parts of the suite's tests use the same `Masker`.
"""

from contracts.disclosure import Audience
from services.compliance.masking.detector import find
from services.compliance.masking.masker import Masker
from services.compliance.masking.values import Finding, Kind

__all__ = ["Audience", "Finding", "Kind", "Masker", "find"]
