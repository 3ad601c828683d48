"""
Reads WebDAV's ``multistatus`` answers (RFC 4918, section 13), and nothing more than CalDAV needs of them.

Hrefs stay as the server wrote them; `find_key` makes of one the percent-decoded path under which objects are kept.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import httpx
from lxml import etree

from integrations.errors import NotCalDav

DAV = "{DAV:}"
CALDAV = "{urn:ietf:params:xml:ns:caldav}"


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """One ``response``: its own status, 200 where it has none, and the properties that were found."""

    href: str
    status: int
    props: Mapping[str, etree._Element]

    def text(self, name: str) -> str:
        """Return the text of a property, empty where there is none."""
        prop = self.props.get(name)
        return "" if prop is None else (prop.text or "").strip()

    def names(self, name: str) -> frozenset[str]:
        """Return the names of all elements inside a property, at any depth."""
        prop = self.props.get(name)
        return frozenset() if prop is None else frozenset(str(each.tag) for each in prop.iterdescendants("*"))

    def hrefs(self, name: str) -> tuple[str, ...]:
        prop = self.props.get(name)
        return () if prop is None else tuple((each.text or "").strip() for each in prop.iterfind(f"{DAV}href"))


@dataclass(frozen=True, slots=True, repr=False)
class Multistatus:
    """An answer of `size` octets, and its sync token where it is one to ``sync-collection`` (RFC 6578)."""

    root: etree._Element
    token: str | None
    size: int

    @property
    def entries(self) -> Iterator[Entry]:
        """Its entries, read one by one: thousands of them at once would be most of what a sync needs of memory."""
        return (_read_entry(each) for each in self.root.iterfind(f"{DAV}response"))


def read_multistatus(body: bytes) -> Multistatus:
    """Read `body`; raises `NotCalDav` where it is no multistatus."""
    # A comment or instruction inside a text would cut it in two.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        # The parser's own text quotes the answer, which may hold a calendar entry.
        raise NotCalDav from None
    if root is None or root.tag != f"{DAV}multistatus":
        raise NotCalDav
    token = root.findtext(f"{DAV}sync-token")
    return Multistatus(root, (token or "").strip() or None, len(body))


def _read_entry(response: etree._Element) -> Entry:
    props: dict[str, etree._Element] = {}
    for propstat in response.iterfind(f"{DAV}propstat"):
        if httpx.codes.is_success(_read_status(propstat) or 200):
            props.update((str(prop.tag), prop) for prop in propstat.iterfind(f"{DAV}prop/*"))
    return Entry((response.findtext(f"{DAV}href") or "").strip(), _read_status(response) or 200, props)


def _read_status(element: etree._Element) -> int:
    """Return the code in ``HTTP/1.1 404 Not Found``, or 0 where there is none."""
    words = (element.findtext(f"{DAV}status") or "").split()
    return int(words[1]) if len(words) > 1 and words[1].isdecimal() else 0


def find_key(href: str) -> str:
    """Return the percent-decoded path of `href`, a path or a whole URL; raises `NotCalDav` where it is neither."""
    try:
        return unquote(urlsplit(href).path)
    except ValueError:
        raise NotCalDav from None
