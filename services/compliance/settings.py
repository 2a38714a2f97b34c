"""Settings of compliance, from the environment with the prefix STEWARD_COMPLIANCE_."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What the bank sets for this service, beside the settings that every service has."""

    model_config = SettingsConfigDict(env_prefix="STEWARD_COMPLIANCE_", extra="ignore")

    name: ClassVar[str] = "compliance"

    audit_key: Path = Field(
        default=Path(".steward/keys/audit.json"),
        description="Signing key of the audit log. Made at the first start, while no checkpoint is signed, and never after that.",
    )
    audit_origin: str = Field(
        default="steward.local/audit",
        pattern=r"^[^\s+]+$",
        description="Name of the log in its checkpoints; taken into the signing key when that is made.",
    )
    core_webhook_url: str | None = Field(
        default=None, description="Where freeze requests go, https (H25). Without it they wait in the queue."
    )
    core_webhook_secret: Path | None = Field(
        default=None, description="File with the signing secrets of freeze requests, whsec_ and base64, one a line."
    )
    core_webhook_networks: tuple[IPv4Network | IPv6Network, ...] = Field(
        default=(), description="Private networks in which the receiver of freeze requests may be; http is for them alone."
    )
