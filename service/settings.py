"""
Settings: environment variables ``PENCILIN_…``, read once, passed down.

Each can also be given as a file, ``PENCILIN_…_FILE``, which is how secrets come in; the variable itself wins. None is
needed: without any, everything lives under ``var/``.
"""

import os
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from integrations.egress import Egress

_PREFIX = "PENCILIN_"
_DATABASES = ("postgresql+psycopg://", "sqlite:///")


class MailTls(StrEnum):
    """How the way to a mail server is kept private."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class SettingsError(Exception):
    """A setting does not fit; the text names it, never its value."""


class Settings(BaseSettings):
    """Every setting there is, with its default."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True)

    data: Path = Field(default=Path("var"), description="folder of the SQLite database and of a key made by itself")
    database_url: SecretStr | None = Field(default=None, description="postgresql+psycopg://… instead of SQLite")
    key: SecretStr | None = Field(default=None, description="keys as `pencilin keys new` writes them")
    public_url: str = Field(default="http://127.0.0.1:8000", description="where people reach the service")
    egress_allow: str = Field(default="", description="hosts, addresses or networks it may call besides public ones")
    smtp_host: str | None = Field(default=None, description="mail server; without one no mail goes out")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="its port")
    smtp_tls: MailTls = Field(default=MailTls.STARTTLS, description="starttls, tls or none")
    smtp_username: str | None = Field(default=None, description="user name there, if it asks for one")
    smtp_password: SecretStr | None = Field(default=None, description="password there")
    mail_from: str = Field(default="pencil-in@localhost", pattern=r"^[^@\s]+@[^@\s]+$", description="sender of mails")

    imap_host: str | None = Field(default=None, description="mailbox for answers by mail; without one none is read")
    imap_port: int = Field(default=993, ge=1, le=65535, description="its port")
    imap_tls: MailTls = Field(default=MailTls.TLS, description="tls, starttls or none")
    imap_username: str | None = Field(default=None, description="user name there")
    imap_password: SecretStr | None = Field(default=None, description="password there")
    imap_folder: str = Field(default="INBOX", description="folder there in which answers arrive")

    metrics_token: SecretStr | None = Field(default=None, min_length=16, description="opens /metrics; without it none")
    vapid_key: SecretStr | None = Field(default=None, description="key for Web Push as `pencilin keys vapid` prints it")

    google_client_id: str | None = Field(default=None, description="id of your registration with Google, for consent")
    google_client_secret: SecretStr | None = Field(default=None, description="secret of that registration")

    @field_validator("egress_allow")
    @classmethod
    def names_places(cls, value: str) -> str:
        Egress.parse(value)
        return value

    @field_validator("database_url")
    @classmethod
    def names_a_database(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(_DATABASES):
            raise ValueError("another kind of database")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _FromFiles(settings_cls)


class _FromFiles(PydanticBaseSettingsSource):
    """Reads ``PENCILIN_X_FILE`` for the setting ``x``."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"{_PREFIX}{field_name.upper()}_FILE")
        try:
            return (Path(path).read_text(encoding="utf-8").strip() if path else None), field_name, False
        except (OSError, UnicodeDecodeError):
            raise SettingsError(f"{_PREFIX}{field_name.upper()}_FILE names a file that cannot be read") from None

    def __call__(self) -> dict[str, Any]:
        found = ((name, self.get_field_value(field, name)[0]) for name, field in self.settings_cls.model_fields.items())
        return {name: value for name, value in found if value is not None}


def read_settings() -> Settings:
    """Read the environment; raises `SettingsError`, naming the setting and never its value."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = ", ".join(f"{_PREFIX}{each['loc'][0]}".upper() for each in error.errors() if each["loc"])
        raise SettingsError(f"these settings do not fit: {wrong}") from None
