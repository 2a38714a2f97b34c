"""Settings of outreach, from the environment with the prefix STEWARD_OUTREACH_."""

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What outreach needs to know beside the chassis."""

    model_config = SettingsConfigDict(env_prefix="STEWARD_OUTREACH_", extra="ignore")

    name: ClassVar[str] = "outreach"

    run_block: int = Field(default=1_000, ge=1, le=10_000, description="Customers that a run plans at once.")
    run_blocks_per_turn: int = Field(default=5, ge=1, le=100, description="Blocks planned in one transaction.")
