"""Settings of the gateway, prefix STEWARD_GATEWAY_."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings
from gateway.issuer import AUDIENCE, ISSUER


class Settings(ServiceSettings):
    """What the door needs to know beside what every service does."""

    model_config = SettingsConfigDict(env_prefix="STEWARD_GATEWAY_", extra="ignore")

    name: ClassVar[str] = "gateway"

    capability_key: Path = Field(description="Private Ed25519 key, a JWK; its public half is every service's capability_jwks.")
    profile_url: str = Field(description="http://host:port of each service")
    tiering_url: str
    outreach_url: str
    compliance_url: str
    referral_url: str

    issuer: str = Field(default=ISSUER, description="`iss` of the bank's tokens, and where its discovery document is.")
    audience: str = Field(default=AUDIENCE, description="`aud` that the bank's tokens must carry.")
    text_key: Path = Field(
        default=Path(".steward/keys/desk.json"),
        description="Key file of the desk's texts. Made at the first start, while no stored text needs one, and never later.",
    )
    issuer_key: Path | None = Field(default=None, description="Development only: sign and publish tokens locally.")

    overview_deadline_seconds: float = Field(default=2.0, gt=0)
    read_deadline_seconds: float = Field(default=5.0, gt=0, description="Of a proxied GET, unless it says x-long.")
    write_deadline_seconds: float = Field(default=60.0, gt=0, description="Of everything else that is proxied.")
    scan_deadline_seconds: float = Field(default=2.0, gt=0, description="Of a text's judgement by compliance.")
    access_deadline_seconds: float = Field(default=2.0, gt=0)
    allow_seconds: float = Field(default=20.0, ge=0, le=30, description="An allowed access decision holds for this long.")
    connections_per_peer: int = Field(default=64, ge=1)

    principal_per_second: float = Field(default=100.0, gt=0, description="Requests a second of one principal.")
    principal_burst: int = Field(default=400, ge=1)
    address_per_second: float = Field(default=10.0, gt=0, description="Unauthenticated requests a second of one address.")
    address_burst: int = Field(default=60, ge=1)

    def peers(self) -> dict[str, str]:
        """Where each service is."""
        return {
            "profile": self.profile_url,
            "tiering": self.tiering_url,
            "outreach": self.outreach_url,
            "compliance": self.compliance_url,
            "referral": self.referral_url,
        }
