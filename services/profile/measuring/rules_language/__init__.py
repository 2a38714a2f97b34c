"""The language in which a bank writes its signal rules (docs/signals.md): documents, checked, and compiled to SQL."""

from services.profile.measuring.rules_language.compiling import Statement, compile_rule, compile_verdicts, sources_of
from services.profile.measuring.rules_language.documents import Rule
from services.profile.measuring.rules_language.reading import SignalRuleMalformed, read_rule, read_rules
from services.profile.measuring.rules_language.returning import lunar_calendar
from services.profile.measuring.rules_language.salaries import Verdict
from services.profile.measuring.rules_language.writing import Scope

__all__ = [
    "Rule",
    "Scope",
    "SignalRuleMalformed",
    "Statement",
    "Verdict",
    "compile_rule",
    "compile_verdicts",
    "lunar_calendar",
    "read_rule",
    "read_rules",
    "sources_of",
]
