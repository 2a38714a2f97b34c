"""Pure decisions of tiering: measures in, decision with reasons out (H1 to H4)."""

from services.tiering.rules.deciding import (
    RANK,
    Decision,
    Judge,
    PolicyGaveNoRow,
    Row,
    decide,
    direction,
)
from services.tiering.rules.explaining import Condition, Explanation, RowText, RowTrace, explain
from services.tiering.rules.facts import FACTS, Fact, Unit, facts_of
from services.tiering.rules.measures import Activity, Assets, LifeCycle, Measures, Need
from services.tiering.rules.nightly import FeedState, feed_state, next_night
from services.tiering.rules.settling import (
    GRACE,
    MANUAL,
    Downgrade,
    Held,
    Manual,
    Outcome,
    Stand,
    automatic_reason,
    conclude,
    settle,
)

__all__ = [
    "FACTS",
    "GRACE",
    "MANUAL",
    "RANK",
    "Activity",
    "Assets",
    "Condition",
    "Decision",
    "Downgrade",
    "Explanation",
    "Fact",
    "FeedState",
    "Held",
    "Judge",
    "LifeCycle",
    "Manual",
    "Measures",
    "Need",
    "Outcome",
    "PolicyGaveNoRow",
    "Row",
    "RowText",
    "RowTrace",
    "Stand",
    "Unit",
    "automatic_reason",
    "conclude",
    "decide",
    "direction",
    "explain",
    "facts_of",
    "feed_state",
    "next_night",
    "settle",
]
