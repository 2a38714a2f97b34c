"""Versioned policy documents with maker and checker: what the bank may set, with the clause beside it."""
