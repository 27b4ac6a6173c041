"""What can be set from outside."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The settings, from variables such as `APP_PORT` or a file `.env`; a wrong value stops the start."""

    model_config = SettingsConfigDict(env_prefix="APP_", env_file=".env", extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default={{port}}, ge=1, le=65_535)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    max_notes: int = Field(default=1_000, ge=1)
