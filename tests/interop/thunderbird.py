"""
Thunderbird from its Debian package on a screen of its own, with a throw-away profile, driven as a person would.

The person reads mail by POP3, answers by SMTP, and keeps one local calendar. Nothing leaves the machine, and nothing
comes up that a person would have to close first.
"""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from service.core.interval import Interval
from tests.interop.marionette import Marionette, open_session
from tests.interop.postoffice import PostOffice
from tests.interop.processes import pause, run_server, wait_until
from tests.servers import find_free_port

_PROGRAM = "/usr/lib/thunderbird/thunderbird"
_GESTURES = Path(__file__).with_name("thunderbird.js")
_PATIENCE = 20.0  # seconds
_LOOKS, _BETWEEN_LOOKS = 10, 0.5
_ENOUGH = 180.0  # seconds, for all that is done with it
_SCREEN = (1000, 880)  # pixels
_DISPLAY = re.compile(r"^\d+$", re.MULTILINE)
# A proxy that is not there keeps everything inside that is not mail.
_QUIET: Mapping[str, object] = {
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "mail.inappnotifications.enabled": False,
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.rights.version": 1,
    "mail.shell.checkDefaultClient": False,
    "mailnews.start_page.enabled": False,
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
}
# One account with one identity, the local folders that always are there, and one calendar.
_FURNITURE: Mapping[str, object] = {
    "mail.accountmanager.accounts": "account1,account2",
    "mail.accountmanager.defaultaccount": "account1",
    "mail.accountmanager.localfoldersserver": "server2",
    "mail.account.account1.identities": "id1",
    "mail.account.account1.server": "server1",
    "mail.account.account2.server": "server2",
    "mail.server.server2.type": "none",
    "mail.server.server2.hostname": "Local Folders",
    "mail.server.server2.userName": "nobody",
    "mail.server.server2.name": "Local Folders",
    "mail.smtpservers": "smtp1",
    "mail.smtp.defaultserver": "smtp1",
    "calendar.registry.home.name": "Home",
    "calendar.registry.home.type": "storage",
    "calendar.registry.home.uri": "moz-storage-calendar://",
    "calendar.registry.home.imip.identity.key": "id1",
    "calendar.registry.home.calendar-main-in-composite": True,
    "calendar.list.sortOrder": "home",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """The bar above an invitation: what it says, and the labels of its buttons by their ids."""

    says: str
    buttons: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Item:
    """An entry in Thunderbird's calendar: its times in UTC, and the zone in which it was given."""

    uid: str
    sequence: int
    title: str
    time: Interval
    zone: str
    partstats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Thunderbird:
    """A running Thunderbird; each method is something that a person does or sees in it."""

    session: Marionette
    display: str

    def fetch_mail(self) -> None:
        self.session.run("return fetchMail()")

    def open_mail(self, message_id: str) -> Bar:
        """Open the mail of that Message-ID, which was fetched."""
        return Bar(**self.session.run("return openMail(...given)", message_id.strip("<>")))

    def read_mail(self) -> str:
        """Return the text of the opened mail: first the invitation as Thunderbird puts it, then our own."""
        return str(self.session.run("return readMail()"))

    def press(self, button: str) -> Bar:
        """Press a button of the bar, and return what became of the bar."""
        return Bar(**self.session.run("return press(...given)", button))

    def list_items(self) -> list[Item]:
        """Return everything in the calendar."""
        return [_read_item(**each) for each in self.session.run("return listItems()")]

    def delete_item(self, uid: str) -> None:
        """Delete an entry from the calendar, and let Thunderbird tell its organizer."""
        self.session.run("return deleteItem(...given)", uid)

    def take_picture(self, path: Path) -> None:
        """Write what is on the screen to a PNG file, once it is painted: when it no longer changes."""
        path.parent.mkdir(parents=True, exist_ok=True)
        before, now = b"", self._look()
        for _ in range(_LOOKS):
            if now == before:
                break
            pause(_BETWEEN_LOOKS)
            before, now = now, self._look()
        path.write_bytes(now)

    def _look(self) -> bytes:
        # a palette without dither keeps the file small
        command = ("import", "-display", self.display, "-window", "root", "+dither", "-strip", "png8:-")
        return subprocess.run(command, capture_output=True, check=True, timeout=_PATIENCE).stdout


@contextmanager
def run_thunderbird(folder: Path, *, office: PostOffice, name: str, zone: str) -> Iterator[Thunderbird]:
    """Run Thunderbird in `folder` for the person of that post office, who is called `name` and lives in `zone`."""
    port = find_free_port()
    profile = folder / "profile"
    profile.mkdir()
    preferences = {**_QUIET, **_FURNITURE, **_describe_person(office, name=name, zone=zone), "marionette.port": port}
    lines = [f"user_pref({json.dumps(key)}, {json.dumps(value)});\n" for key, value in preferences.items()]
    (profile / "user.js").write_text("".join(lines), encoding="utf-8")
    log = folder / "log"
    command = (_PROGRAM, "--no-remote", "--marionette", "--remote-allow-system-access", "--profile", str(profile))
    with _run_screen(folder) as display:
        environ = {"HOME": str(folder), "TMPDIR": str(folder), "DISPLAY": display, "TZ": zone, "LANG": "C.UTF-8"}
        with run_server(command, log=log, environ=environ, folder=folder):
            wait_until(lambda: "Listening on port" in log.read_text("utf-8", errors="replace"), log=log)
            with open_session(port, within=_ENOUGH) as session:
                session.run(_GESTURES.read_text("utf-8"))
                yield Thunderbird(session, display)


@contextmanager
def _run_screen(folder: Path) -> Iterator[str]:
    """Run an X server whose screen nobody sees; yield the name of its display, which it writes to its log."""
    log = folder / "screen.log"
    width, height = _SCREEN
    command = ("Xvfb", "-displayfd", "1", "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp")
    with run_server(command, log=log):
        wait_until(lambda: bool(_DISPLAY.findall(log.read_text("utf-8"))), log=log)
        yield f":{_DISPLAY.findall(log.read_text('utf-8'))[0]}"


def _describe_person(office: PostOffice, *, name: str, zone: str) -> dict[str, object]:
    """Return the preferences that say who it is, where their mail comes in and goes out, and by which clock."""
    return {
        "mail.identity.id1.fullName": name,
        "mail.identity.id1.useremail": office.person,
        "mail.identity.id1.smtpServer": "smtp1",
        "mail.identity.id1.valid": True,
        "mail.identity.id1.fcc": False,
        "mail.server.server1.type": "pop3",
        "mail.server.server1.hostname": "127.0.0.1",
        "mail.server.server1.port": office.pop,
        "mail.server.server1.userName": office.person.partition("@")[0],
        "mail.server.server1.name": office.person,
        "mail.server.server1.socketType": 0,
        "mail.server.server1.authMethod": 3,  # a plain password
        "mail.server.server1.check_new_mail": False,
        "mail.server.server1.login_at_startup": False,
        "mail.server.server1.leave_on_server": False,
        "mail.smtpserver.smtp1.hostname": "127.0.0.1",
        "mail.smtpserver.smtp1.port": office.smtp,
        "mail.smtpserver.smtp1.authMethod": 1,  # none
        "mail.smtpserver.smtp1.try_ssl": 0,
        "calendar.timezone.useSystemTimezone": False,
        "calendar.timezone.local": zone,
    }


def _read_item(*, start: str, end: str, partstats: list[str], **rest: Any) -> Item:
    time = Interval(*(datetime.strptime(each, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) for each in (start, end)))
    return Item(**rest, time=time, partstats=tuple(partstats))
