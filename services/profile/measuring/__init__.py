"""Measures and signals: what the data says about customers, computed set-based and published where it is new."""

from services.profile.measuring.runs import RunReport, compute, recompute

__all__ = ["RunReport", "compute", "recompute"]
