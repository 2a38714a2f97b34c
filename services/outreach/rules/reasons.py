"""Names of the rules that place, move or hold back a contact; their texts are in `policies/reasons.yaml`.

The caps of the budget bring their own names (`Cap.rule`) and texts.
"""

from enum import StrEnum


class PlacedBy(StrEnum):
    """Why a contact lies on its day."""

    ON_TARGET = "on_target"
    DEFERRED = "deferred"
    BROUGHT_FORWARD = "brought_forward"
    URGENT = "urgent"
    URGENT_LATE = "urgent_late"


class ChannelReason(StrEnum):
    """Why a contact goes over its channel."""

    FIRST_CHOICE = "first_choice"
    EARLIER_REFUSED = "earlier_choice_refused"
    EARLIER_CLOSED = "earlier_choice_closed"


class CalendarState(StrEnum):
    """Has the holiday calendar of the contact's day been announced?"""

    PUBLISHED = "published"
    UNPUBLISHED = "unpublished"


class Reason(StrEnum):
    """Why a demand has no contact."""

    RECIPIENT_UNKNOWN = "recipient_unknown"
    UNDER_AGE = "under_age"
    CHANNELS_REFUSED = "channels_refused"
    NO_CHANNEL_FOR_TIER = "no_channel_for_tier"
    WINDOW_CLOSED = "window_closed"
    BEYOND_HORIZON = "beyond_horizon"
    QUIET_HOURS = "quiet_hours"
    CALENDAR_CLOSED = "calendar_closed"
    LEAD_TIME = "lead_time"
    MINIMUM_GAP = "minimum_gap"


class WithdrawnBecause(StrEnum):
    """Why a contact, an obligation or a wish was taken back."""

    TIER_CHANGED = "tier_changed"
    CONSENT_REFUSED = "consent_refused"
    CALENDAR_PUBLISHED = "calendar_published"
    POLICY_CHANGED = "policy_changed"
    ALERT_SETTLED = "alert_settled"
