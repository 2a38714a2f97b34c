"""The use cases of the profile service: load, decide, save, emit, in the caller's transaction."""

from services.profile.actions.change import change_customer
from services.profile.actions.consents import all_consents, current_consents, set_consent
from services.profile.actions.feed import BatchResult, load_batch
from services.profile.actions.register import register_customer

__all__ = ["BatchResult", "all_consents", "change_customer", "current_consents", "load_batch", "register_customer", "set_consent"]
