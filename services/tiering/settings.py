"""Settings of tiering, from the environment with the prefix STEWARD_TIERING_."""

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What tiering needs to know beside the chassis."""

    model_config = SettingsConfigDict(env_prefix="STEWARD_TIERING_", extra="ignore")

    name: ClassVar[str] = "tiering"

    run_block: int = Field(default=5_000, ge=1, le=50_000, description="Customers that a run holds in memory at once.")
    run_blocks_per_turn: int = Field(default=20, ge=1, le=200, description="Blocks decided in one transaction.")
    feed_retry_minutes: int = Field(default=15, ge=1, description="Wait before the next look at a late feed.")
    feed_looks: int = Field(default=90, ge=1, description="Looks at a late feed before a nightly run is given up.")
    grace_look_minutes: int = Field(default=5, ge=1, description="Wait between looks for grace periods that are over.")
