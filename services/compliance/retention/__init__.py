"""How long entries of the audit log are kept whole, and the removal of their bodies after that."""
