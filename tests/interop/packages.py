"""Debian packages that servers and clients need: which are missing, and installing them without starting anything."""

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PACKAGES: Mapping[str, tuple[str, ...]] = {
    "cyrus": ("cyrus-imapd", "cyrus-caldav", "sasl2-bin", "libsasl2-modules"),
    "davical": ("davical", "apache2", "libapache2-mod-php", "php-pgsql", "php-xml", "php-curl", "php-mbstring"),
    "sogo": ("sogo", "memcached"),
    "readers": ("gcc", "libc6-dev", "libical-dev", "pkg-config"),
    "thunderbird": ("thunderbird", "xvfb", "imagemagick", "fonts-dejavu-core"),
}
_POLICY = Path("/usr/sbin/policy-rc.d")
_START_NOTHING = "#!/bin/sh\nexit 101\n"  # as invoke-rc.d reads it: not allowed


def list_missing(names: Iterable[str]) -> list[str]:
    """Return the packages that those need and that are not installed."""
    return [package for name in names for package in PACKAGES[name] if not _is_installed(package)]


def tell_what_lacks(missing: list[str], *, has_apt: bool, is_root: bool) -> str | None:
    """Return what a person has to do before `install` and the programs can run, or None."""
    if not has_apt:
        return "These programs come from Debian packages, and there is no apt-get here. A Debian 12 container has it."
    if not is_root:
        first = f" First: apt-get install --no-install-recommends {' '.join(missing)}" if missing else ""
        return f"Some of these run as users of their own, so this has to be started by root.{first}"
    return None


def install(missing: list[str]) -> None:
    """Install packages; raises `subprocess.CalledProcessError`."""
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with _starting_nothing():
        for words in (("update", "-qq"), ("install", "-qq", "--yes", "--no-install-recommends", *missing)):
            subprocess.run(("apt-get", *words), env=environ, check=True, stdout=subprocess.DEVNULL)


def find_version(package: str) -> str:
    """Return the upstream version of an installed package."""
    asked = ("dpkg-query", "--show", "--showformat=${source:Upstream-Version}", package)
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout


def _is_installed(package: str) -> bool:
    asked = ("dpkg-query", "--show", "--showformat=${db:Status-Status}", package)
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout == "installed"


@contextmanager
def _starting_nothing() -> Iterator[None]:
    """Keep packages from starting their services, unless the machine has a policy of its own about that."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text(_START_NOTHING, encoding="ascii")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()
