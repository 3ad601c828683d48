"""Runs the CalDAV server of Cyrus IMAP, in a private instance: one master, its IMAP for making accounts, its httpd."""

import imaplib
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import chown

from tests.interop.processes import answers, run_server, wait_until
from tests.servers import find_free_port

_BIN = Path("/usr/lib/cyrus/bin")
_ADMIN = "cyrusadmin"
_SETTINGS = """\
configdirectory: {data}/conf
partition-default: {data}/spool
defaultpartition: default
sievedir: {data}/sieve
proc_path: {data}/conf/proc
mboxname_lockpath: {data}/conf/lock
lmtpsocket: {data}/conf/socket/lmtp
idlesocket: {data}/conf/socket/idle
notifysocket: {data}/conf/socket/notify
tls_sessions_db_path: {data}/conf/tls_sessions.db
duplicate_db_path: {data}/conf/deliver.db
admins: {admin}
servername: 127.0.0.1
defaultdomain: example.org
virtdomains: off
unixhierarchysep: yes
altnamespace: yes
allowplaintext: yes
sasl_mech_list: PLAIN
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {data}/sasldb2
httpmodules: caldav
httpallowcompress: no
caldav_allowscheduling: on
caldav_create_default: yes
caldav_create_sched: yes
calendar_user_address_set: example.org
quota_db: quotalegacy
conversations: no
search_engine: none
sendmail: /bin/true
syslog_prefix: cyrus-interop
"""
_SERVICES = """\
START {{
  recover cmd="{bin}/ctl_cyrusdb -C {settings} -r"
}}
SERVICES {{
  imap cmd="imapd -C {settings}" listen="127.0.0.1:{imap}" prefork=0 maxchild=10 proto="tcp4"
  http cmd="httpd -C {settings}" listen="127.0.0.1:{http}" prefork=1 maxchild=30 proto="tcp4"
  notify cmd="notifyd -C {settings}" listen="{data}/conf/socket/notify" proto="udp" prefork=0
}}
EVENTS {{
  checkpoint cmd="{bin}/ctl_cyrusdb -C {settings} -c" period=30
}}
"""


@contextmanager
def run_cyrus(folder: Path, *, accounts: Mapping[str, str]) -> Iterator[str]:
    """Run Cyrus in `folder`, which its user must be able to enter; yield the address where discovery begins."""
    imap, http = find_free_port(), find_free_port()
    settings = _prepare(folder, accounts=accounts, imap=imap, http=http)
    # master gives up root by itself, once it has its ports
    command = (str(_BIN / "master"), "-C", str(settings), "-M", str(folder / "cyrus.conf"), "-p", str(folder / "pid"))
    url = f"http://127.0.0.1:{http}/dav/"
    log = folder / "log"
    with run_server(command, log=log):
        wait_until(lambda: answers(url) and _make_mailboxes(imap, accounts=accounts), log=log)
        yield url


def _prepare(folder: Path, *, accounts: Mapping[str, str], imap: int, http: int) -> Path:
    data = folder / "data"
    for name in ("spool", "sieve", "conf/proc", "conf/socket", "conf/lock", "conf/log", "conf/msg", "conf/db"):
        (data / name).mkdir(parents=True)
    settings = folder / "imapd.conf"
    settings.write_text(_SETTINGS.format(data=data, admin=_ADMIN), encoding="ascii")
    services = _SERVICES.format(bin=_BIN, settings=settings, data=data, imap=imap, http=http)
    (folder / "cyrus.conf").write_text(services, encoding="ascii")
    for name, password in {**accounts, _ADMIN: _ADMIN}.items():
        command = ("saslpasswd2", "-p", "-c", "-f", str(data / "sasldb2"), "-u", "127.0.0.1", name)
        subprocess.run(command, input=password.encode(), check=True)
    for path in (folder, data, *data.rglob("*")):
        chown(path, "cyrus", "mail")
    return settings


def _make_mailboxes(port: int, *, accounts: Mapping[str, str]) -> bool:
    """Make every account's mailbox, without which it has no calendars; return whether they are there."""
    with suppress(OSError, imaplib.IMAP4.error), imaplib.IMAP4("127.0.0.1", port) as server:
        server.login(_ADMIN, _ADMIN)
        for name in accounts:
            server.create(f"user/{name}")
        return len(server.list("user/", "*")[1]) >= len(accounts)
    return False
