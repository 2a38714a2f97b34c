"""The root of this service's tables: every room declares its own on it."""

from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from chassis.tables import new_metadata


class Base(SQLModel, registry=registry(metadata=new_metadata())):
    """The registry of this service's tables, the chassis' own included."""
