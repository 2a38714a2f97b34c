"""Settings of the profile service, prefix `STEWARD_PROFILE_`."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What the bank sets for this service, beside the settings that every service has."""

    model_config = SettingsConfigDict(env_prefix="STEWARD_PROFILE_")
    name: ClassVar[str] = "profile"

    keyset: Path = Field(
        default=Path(".steward/keys/profile.json"),
        description="Keyset file. Made at the first start, while the database holds no customer key, and never after that.",
    )
