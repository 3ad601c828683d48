"""Settings: none is needed, secrets come as files, and what does not fit is named without its value."""

import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.app import make_house
from service.settings import Settings, SettingsError, read_settings
from tests.api.commands import environment

SECRET = "swordfish"


def read(**values: str) -> Settings:
    with environment({f"PENCILIN_{name}": value for name, value in values.items()}):
        return read_settings()


def test_nothing_needs_to_be_set() -> None:
    settings = read()
    assert (settings.data, settings.database_url, settings.smtp_host) == (Path("var"), None, None)


def test_a_secret_comes_from_a_file_without_its_last_line_end(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{SECRET}\n")
    settings = read(SMTP_PASSWORD_FILE=str(tmp_path / "password"))
    assert settings.smtp_password == SecretStr(SECRET)
    assert SECRET not in repr(settings)


def test_the_variable_itself_wins_over_its_file(tmp_path: Path) -> None:
    (tmp_path / "host").write_text("from-file.example.org")
    settings = read(SMTP_HOST="mail.example.org", SMTP_HOST_FILE=str(tmp_path / "host"))
    assert settings.smtp_host == "mail.example.org"


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00 swordfish"])
def test_a_file_that_cannot_be_read_is_named_by_its_setting(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / SECRET
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError) as refused:
        read(KEY_FILE=str(path))
    assert "PENCILIN_KEY_FILE" in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_PORT", SECRET),
        ("SMTP_PORT", "0"),
        ("SMTP_TLS", SECRET),
        ("MAIL_FROM", SECRET),
        ("EGRESS_ALLOW", f"a/b/{SECRET}"),
        ("DATABASE_URL", f"postgresql://ana:{SECRET}@db/pencil"),
        ("DATABASE_URL", SECRET),
    ],
)
def test_a_value_that_does_not_fit_is_not_repeated(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(**{name: value})
    assert f"PENCILIN_{name}" in str(refused.value)
    assert value not in str(refused.value).replace(name, "")
    assert refused.value.__cause__ is None


async def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    houses = [make_house(Settings(data=folder)) for _ in range(2)]
    assert stat.S_IMODE((folder / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert houses[1].vault.open(houses[0].vault.seal(b"x", row="r"), row="r") == b"x"
    for house in houses:
        await house.database.dispose()


def test_a_folder_that_cannot_be_made_is_named_by_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="PENCILIN_DATA"):
        make_house(Settings(data=tmp_path / "file" / SECRET))
