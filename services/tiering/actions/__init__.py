"""The use cases of tiering: one page is the table of contents."""

from services.tiering.actions.deciding import Measured, decide_customers
from services.tiering.actions.finding import NoPolicyInForce, PolicyUnknown, in_force, policy_of
from services.tiering.actions.policies import (
    PolicyApproverDrafted,
    PolicyIsPublished,
    PolicyReachesBack,
    approve_policy,
    draft_policy,
    seed_policies,
)
from services.tiering.actions.runs import (
    RunUnknown,
    begin_night,
    end_grace,
    ensure_grace_look,
    ensure_night,
    hear_feed,
    request_run,
    take_turn,
)

__all__ = [
    "Measured",
    "NoPolicyInForce",
    "PolicyApproverDrafted",
    "PolicyIsPublished",
    "PolicyReachesBack",
    "PolicyUnknown",
    "RunUnknown",
    "approve_policy",
    "begin_night",
    "decide_customers",
    "draft_policy",
    "end_grace",
    "ensure_grace_look",
    "ensure_night",
    "hear_feed",
    "in_force",
    "policy_of",
    "request_run",
    "seed_policies",
    "take_turn",
]
