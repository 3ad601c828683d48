"""
What settings and the data folder provide: the database's address, keys, registrations, the mail server and mailbox.

Keys that none was set for are made at the first start, and kept where only their owner reads them.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from integrations.caldav.providers import read_providers
from integrations.mail.inbox import Mailbox
from integrations.mail.smtp import Mailer
from integrations.oauth import Registration
from integrations.push.vapid import Vapid, VapidError, new_vapid_line
from service.settings import Settings, SettingsError
from service.store.vault import new_key_line


def database_file(settings: Settings) -> Path:
    """Return where the SQLite database is, where none else is set."""
    return settings.data / "pencil-in.db"


def key_file(settings: Settings) -> Path:
    """Return where the key is that is made at the first start, where none is set."""
    return settings.data / "key"


def database_url(settings: Settings) -> str:
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    _make_folder(settings.data)
    return f"sqlite:///{database_file(settings).absolute()}"


def sealing_keys(settings: Settings) -> str:
    if settings.key is not None:
        return settings.key.get_secret_value()
    return _kept_in(key_file(settings), first=new_key_line)


def vapid_key(settings: Settings) -> Vapid | None:
    """Return the key of Web Push; beside SQLite one is made, while replicas would each make another."""
    contact = f"mailto:{settings.mail_from}"
    try:
        if settings.vapid_key is not None:
            return Vapid.from_text(settings.vapid_key.get_secret_value(), contact=contact)
        if settings.database_url is not None:
            return None
        return Vapid.from_text(_kept_in(settings.data / "vapid", first=new_vapid_line), contact=contact)
    except VapidError as wrong:
        raise SettingsError(f"PENCILIN_VAPID_KEY does not fit: {wrong}") from None


def _kept_in(path: Path, *, first: Callable[[], str]) -> str:
    """Return the text of a file that only its owner reads; where there is none it is made."""
    if not path.exists():
        _make_folder(path.parent)
        _write_first(path, first())
    return path.read_text(encoding="ascii", errors="replace")


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        raise SettingsError("PENCILIN_DATA names a folder that cannot be made") from None


def _write_first(path: Path, key: str) -> None:
    """Put a fresh key there, whole, unless another process that starts just now was first."""
    try:
        with NamedTemporaryFile("w", dir=path.parent, prefix="key-", encoding="ascii") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(file.name, path)
    except OSError:
        raise SettingsError("PENCILIN_DATA names a folder in which no key can be made") from None


def registrations_of(settings: Settings) -> dict[str, Registration]:
    if settings.google_client_id is None and settings.google_client_secret is None:
        return {}
    server = read_providers()["google"].oauth
    if server is None or settings.google_client_id is None or settings.google_client_secret is None:
        raise SettingsError(
            "PENCILIN_GOOGLE_CLIENT_ID and PENCILIN_GOOGLE_CLIENT_SECRET are set together or not at all"
        )
    return {"google": Registration(server, settings.google_client_id, settings.google_client_secret.get_secret_value())}


def make_mailer(settings: Settings) -> Mailer | None:
    """Return the way out for mails, None where none is set; raises `ValueError` for a password without TLS."""
    if settings.smtp_host is None:
        return None
    return Mailer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_username,
        password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
        tls=settings.smtp_tls.value,
    )


def make_mailbox(settings: Settings) -> Mailbox | None:
    """Return the mailbox for answers, None where none is set; raises `ValueError` for one without TLS."""
    if settings.imap_host is None:
        return None
    return Mailbox(
        host=settings.imap_host,
        port=settings.imap_port,
        username=settings.imap_username,
        password=settings.imap_password.get_secret_value() if settings.imap_password else None,
        tls=settings.imap_tls.value,
        folder=settings.imap_folder,
    )
