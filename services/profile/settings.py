"""Settings of the profile service, prefix `STEWARD_PROFILE_`."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings
from services.profile.ciphers import CipherName


class Settings(ServiceSettings):
    """What the bank sets for this service, beside the settings that every service has."""

    model_config = SettingsConfigDict(env_prefix="STEWARD_PROFILE_")
    name: ClassVar[str] = "profile"

    keyset: Path = Field(
        default=Path(".steward/keys/profile.json"),
        description="Keyset file. Made at the first start, while the database holds no customer key, and never after that.",
    )
    cipher: CipherName = Field(
        default=CipherName.AES_256_GCM,
        description="What seals from now on. Both ciphers stay readable; `steward keys rotate --data` seals everything anew.",
    )
    masters: Literal["keyset", "vault"] = Field(
        default="keyset", description="Who holds the master keys: the keyset file, or the transit engine of a HashiCorp Vault."
    )
    vault_url: str = Field(default="https://127.0.0.1:8200", description="Address of the Vault.")
    vault_token_file: Path = Field(
        default=Path(".steward/keys/vault-token"), description="File with the service's token; read again when it is refused."
    )
    vault_mount: str = Field(default="transit", description="Where the transit engine is mounted.")
    vault_key: str = Field(default="steward-profile", description="Name of the transit key; Vault's administrators make it.")
