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

__all__ = [
    "FACTS",
    "RANK",
    "Activity",
    "Assets",
    "Condition",
    "Decision",
    "Explanation",
    "Fact",
    "FeedState",
    "Judge",
    "LifeCycle",
    "Measures",
    "Need",
    "PolicyGaveNoRow",
    "Row",
    "RowText",
    "RowTrace",
    "Unit",
    "decide",
    "direction",
    "explain",
    "facts_of",
    "feed_state",
    "next_night",
]
