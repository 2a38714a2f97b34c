"""Settings of a service, from the environment, one prefix for each service."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """What every service needs to know. Subclasses set `name` and
    `model_config = SettingsConfigDict(env_prefix="STEWARD_<NAME>_")`."""

    model_config = SettingsConfigDict(extra="ignore")

    name: ClassVar[str] = ""

    database_url: str = Field(description="postgresql://role@host:port/database, or ?host=/socket/folder")
    database_connections: int = Field(default=8, ge=2, description="Connections of each of the two pools at most.")
    nats_url: str = Field(description="nats://host:port")
    nats_user: str | None = None
    nats_password: str | None = None
    stream: str = Field(default="STEWARD", description="JetStream stream that holds the events of all services.")
    subject_prefix: str = Field(default="", description="Put before every subject, for suites that share one broker.")
    host: str = "127.0.0.1"
    port: int = 0
    capability_jwks: Path | None = Field(default=None, description="Public keys of the gateway, a JWK set.")
    clock_offset_seconds: int = 0
    log_level: str = "INFO"
    otlp_endpoint: str | None = Field(default=None, description="Where traces and metrics go; nowhere when not set.")
    destinations: Path | None = Field(
        default=None, description="The bank's own allow-list of where anything may go; the packaged one when not set."
    )
    trace_ratio: float = Field(default=0.01, ge=0, le=1, description="Share of requests traced when there is an exporter.")
    delivery_attempts: int = Field(default=6, ge=1, description="Deliveries of an event before it is a dead letter.")
    retry_seconds: float = Field(default=1.0, gt=0, description="Delay before the first retry; it doubles each time.")
    consumer_batch: int = Field(default=500, ge=1, le=1000)
    max_body_bytes: int = Field(default=16 * 1024 * 1024, description="Largest request body that is taken in.")
    graceful_stop_seconds: int = Field(default=10, ge=1)
