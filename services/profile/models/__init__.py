"""The tables of the profile service: `records` of customers and their dealings, `identity` for a person's rights and keys,
`measuring` for measures and signals."""

from services.profile.measuring import tables as measuring
from services.profile.models import identity
from services.profile.models.records import Base, one_of

__all__ = ["Base", "identity", "measuring", "one_of"]
