"""Runs DAViCal on a private Apache with PHP, in a database of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL

from tests.interop.database import connect, open_database
from tests.interop.processes import answers, run_server, wait_until
from tests.servers import find_free_port

_SCRIPTS = Path("/usr/share/davical/dba")
_LIBRARY = Path("/usr/share/awl/dba")
# In this order, as the package's own script loads them.
_SCHEMA = (
    _LIBRARY / "awl-tables.sql",
    _LIBRARY / "schema-management.sql",
    _SCRIPTS / "davical.sql",
    _SCRIPTS / "supported_locales.sql",
    _SCRIPTS / "views" / "dav_principal.sql",
    _SCRIPTS / "caldav_functions.sql",
    _SCRIPTS / "rrule_functions.sql",
    _SCRIPTS / "base-data.sql",
)
# DAViCal looks for it nowhere else, by the name it is called under.
_CONFIGURATION = Path("/etc/davical/127.0.0.1-conf.php")
_PHP = """\
<?php
$c->pg_connect[] = "{database}";
$c->system_name = "interop";
$c->admin_email = "admin@example.org";
$c->default_locale = "en_US";
"""
_APACHE = """\
ServerRoot /etc/apache2
ServerName 127.0.0.1
UseCanonicalName Off
UseCanonicalPhysicalPort On
TypesConfig /dev/null
Listen 127.0.0.1:{port}
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
LogLevel warn
DefaultRuntimeDir {folder}
User www-data
Group www-data
{modules}
LoadModule php_module {php}
StartServers 2
MaxRequestWorkers 16
DocumentRoot /usr/share/davical/htdocs
DirectoryIndex index.php
<FilesMatch "\\.php$">
  SetHandler application/x-httpd-php
</FilesMatch>
<Directory /usr/share/davical/htdocs>
  Require all granted
  AcceptPathInfo On
  php_value include_path .:/usr/share/awl/inc:/usr/share/php
  php_value error_reporting "E_ALL & ~E_NOTICE & ~E_DEPRECATED & ~E_WARNING"
  php_admin_flag display_errors off
</Directory>
RewriteEngine On
RewriteRule ^/\\.well-known/caldav$ http://127.0.0.1:{port}/caldav.php/ [R=301,L]
"""
_MODULES = ("mpm_prefork", "authz_core", "alias", "dir", "mime", "env", "setenvif", "rewrite")


@contextmanager
def run_davical(folder: Path, *, accounts: Mapping[str, str]) -> Iterator[str]:
    """Run DAViCal with its logs in `folder`; yield the address where discovery begins."""
    port = find_free_port()
    configuration = folder / "apache.conf"
    log = folder / "error.log"
    log.touch()
    configuration.write_text(_describe_apache(folder, port=port), encoding="ascii")
    url = f"http://127.0.0.1:{port}/caldav.php/"
    with open_database() as database, _configured(database):
        _fill(database, accounts=accounts)
        with run_server(("/usr/sbin/apache2", "-f", str(configuration), "-DFOREGROUND"), log=log):
            wait_until(lambda: answers(url), log=log)
            yield url


def _describe_apache(folder: Path, *, port: int) -> str:
    modules = Path("/usr/lib/apache2/modules")
    lines = "\n".join(f"LoadModule {name}_module {modules}/mod_{name}.so" for name in _MODULES)
    return _APACHE.format(folder=folder, port=port, modules=lines, php=max(modules.glob("libphp*.so")))


@contextmanager
def _configured(database: URL) -> Iterator[None]:
    """Keep the configuration in its place while the block lasts; raises `FileExistsError` where one is there."""
    names = {
        "dbname": database.database,
        "host": database.host,
        "port": database.port,
        "user": database.username,
        "password": database.password,
    }
    words = " ".join(f"{name}={value}" for name, value in names.items() if value is not None)
    with _CONFIGURATION.open("x", encoding="ascii") as file:
        file.write(_PHP.format(database=words))
    try:
        yield
    finally:
        _CONFIGURATION.unlink()


def _fill(database: URL, *, accounts: Mapping[str, str]) -> None:
    """Make the tables and the accounts; ``**`` before a password says that it is kept as it is."""
    with connect(database) as connection:
        for script in _SCHEMA:
            connection.execute(script.read_bytes())
        for number, (name, password) in enumerate(accounts.items(), start=1001):
            connection.execute(
                "INSERT INTO usr (user_no, active, email_ok, joined, username, password, fullname, email)"
                " VALUES (%s, true, now(), now(), %s, %s, %s, %s)",
                (number, name, f"**{password}", name, f"{name}@example.org"),
            )
            connection.execute(
                "INSERT INTO principal (type_id, user_no, displayname, default_privileges)"
                " VALUES (1, %s, %s, privilege_to_bits(ARRAY['schedule-deliver', 'schedule-send']))",
                (number, name),
            )
