"""The use cases of tiering: one page is the table of contents."""

from services.tiering.actions.deciding import Measured, decide_customers
from services.tiering.actions.finding import NoDecision, NoPolicyInForce, PolicyUnknown, in_force, policy_of
from services.tiering.actions.manual import (
    ManualOpen,
    ManualUnknown,
    approve_manual,
    ask_manual,
    end_manual,
    manual_is_over,
    reject_manual,
)
from services.tiering.actions.policies import (
    PolicyApproverDrafted,
    PolicyIsClosed,
    PolicyIsPublished,
    PolicyOfSomebodyElse,
    PolicyReachesBack,
    approve_policy,
    compare_policies,
    draft_policy,
    reject_policy,
    seed_policies,
    withdraw_policy,
)
from services.tiering.actions.replaying import replay
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
from services.tiering.actions.simulating import Simulated, simulate_policy
from services.tiering.actions.workbooks import draft_from_workbook, workbook_of

__all__ = [
    "ManualOpen",
    "ManualUnknown",
    "Measured",
    "NoDecision",
    "NoPolicyInForce",
    "PolicyApproverDrafted",
    "PolicyIsClosed",
    "PolicyIsPublished",
    "PolicyOfSomebodyElse",
    "PolicyReachesBack",
    "PolicyUnknown",
    "RunUnknown",
    "Simulated",
    "approve_manual",
    "approve_policy",
    "ask_manual",
    "begin_night",
    "compare_policies",
    "decide_customers",
    "draft_from_workbook",
    "draft_policy",
    "end_grace",
    "end_manual",
    "ensure_grace_look",
    "ensure_night",
    "hear_feed",
    "in_force",
    "manual_is_over",
    "policy_of",
    "reject_manual",
    "reject_policy",
    "replay",
    "request_run",
    "seed_policies",
    "simulate_policy",
    "take_turn",
    "withdraw_policy",
    "workbook_of",
]
