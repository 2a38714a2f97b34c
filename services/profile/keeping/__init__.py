"""Keeping personal data: rotation of its keys, erasure, and seeing it whole for a reason."""
