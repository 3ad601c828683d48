"""Runs SOGo with a memcached and a database of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import md5
from pathlib import Path
from shutil import chown

from sqlalchemy.engine import URL

from tests.interop.database import connect, open_database
from tests.interop.processes import answers, run_server, wait_until
from tests.servers import find_free_port

_USER = "sogo"
_SOURCE = (
    '({{type=sql;id=users;viewURL="{database}/sogo_users";canAuthenticate=YES;isAddressBook=YES;displayName=Users;'
    "userPasswordAlgorithm=md5;MailFieldNames=(mail);}})"
)
_TABLES = {
    "SOGoProfileURL": "sogo_user_profile",
    "OCSFolderInfoURL": "sogo_folder_info",
    "OCSSessionsFolderURL": "sogo_sessions_folder",
    "OCSEMailAlarmsFolderURL": "sogo_alarms_folder",
    "OCSStoreURL": "sogo_store",
    "OCSAclURL": "sogo_acl",
    "OCSCacheFolderURL": "sogo_cache_folder",
}
_SETTINGS = {
    "WOUseWatchDog": "NO",
    "WONoDetach": "YES",
    "WOWorkersCount": "4",
    "WOWatchDogRequestTimeout": "10",
    "WOLogFile": "-",
    "SOGoTimeZone": "UTC",
    "SOGoMailDomain": "example.org",
    "SOGoLanguage": "English",
    "SOGoAppointmentSendEMailNotifications": "NO",
    "SOGoIMAPServer": "imap://127.0.0.1:1",
    "SOGoDAVCalendarStartTimeLimit": "0",
    "SxVMemLimit": "1024",
}


@contextmanager
def run_sogo(folder: Path, *, accounts: Mapping[str, str]) -> Iterator[str]:
    """Run SOGo in `folder`, which its user must be able to enter; yield the address where discovery begins."""
    port, memory = find_free_port(), find_free_port()
    log = folder / "log"
    for path in (folder, folder / "spool"):
        path.mkdir(exist_ok=True)
        chown(path, _USER, _USER)
    url = f"http://127.0.0.1:{port}/SOGo/dav/"
    cache = ("/usr/bin/memcached", "-l", "127.0.0.1", "-p", str(memory), "-U", "0", "-m", "64")
    with open_database() as database, run_server(cache, log=log, user=_USER):
        _add_accounts(database, accounts=accounts)
        command = _put_together(folder, database=database, port=port, memory=memory)
        environ = {"HOME": str(folder), "TZ": "UTC"}
        with run_server(command, log=log, user=_USER, environ=environ, folder=folder):
            wait_until(lambda: answers(url), log=log)
            yield url


def _put_together(folder: Path, *, database: URL, port: int, memory: int) -> tuple[str, ...]:
    address = database.set(drivername="postgresql").render_as_string(hide_password=False)
    settings = {
        **_SETTINGS,
        **{name: f"{address}/{table}" for name, table in _TABLES.items()},
        "SOGoUserSources": _SOURCE.format(database=address),
        "SOGoMemcachedHost": f"127.0.0.1:{memory}",
        "SOGoMailSpoolPath": str(folder / "spool"),
        "WOPort": f"127.0.0.1:{port}",
        "WOPidFile": str(folder / "sogo.pid"),
    }
    return ("/usr/sbin/sogod", *(word for name, value in settings.items() for word in (f"-{name}", value)))


def _add_accounts(database: URL, *, accounts: Mapping[str, str]) -> None:
    with connect(database) as connection:
        connection.execute(
            "CREATE TABLE sogo_users (c_uid varchar(32) PRIMARY KEY, c_name varchar(32), c_password varchar(64),"
            " c_cn varchar(64), mail varchar(64))"
        )
        for name, password in accounts.items():
            digest = md5(password.encode(), usedforsecurity=False).hexdigest()  # as SOGo was told to read it
            row = (name, name, digest, name.title(), f"{name}@example.org")
            connection.execute("INSERT INTO sogo_users VALUES (%s, %s, %s, %s, %s)", row)
