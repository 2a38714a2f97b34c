"""Settings of compliance, from the environment with the prefix STEWARD_COMPLIANCE_."""

from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Compliance needs nothing beside what every service has."""

    model_config = SettingsConfigDict(env_prefix="STEWARD_COMPLIANCE_", extra="ignore")

    name: ClassVar[str] = "compliance"
