"""Settings of referral, from the environment with the prefix STEWARD_REFERRAL_."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What referral needs to know beside the chassis."""

    model_config = SettingsConfigDict(env_prefix="STEWARD_REFERRAL_", extra="ignore")

    name: ClassVar[str] = "referral"

    campaigns: Path = Field(
        default=Path(__file__).parent / "policies" / "campaigns.yaml",
        description="The campaigns' policy file; it is published at the start if its version is new.",
    )
