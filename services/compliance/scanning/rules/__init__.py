"""Pure decisions about wording: folding, matching, negation, verdict."""
