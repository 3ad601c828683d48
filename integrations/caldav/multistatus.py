"""
Reads WebDAV's ``multistatus`` answers (RFC 4918, section 13), and nothing more than CalDAV needs of them.

Hrefs stay as the server wrote them; `find_key` makes of one the percent-decoded path under which objects are kept.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import unquote, urlsplit

import httpx
from lxml import etree

from integrations.errors import NotCalDav

DAV = "{DAV:}"
CALDAV = "{urn:ietf:params:xml:ns:caldav}"

_RESPONSE, _HREF, _STATUS, _PROPSTAT, _PROP = (
    f"{DAV}{each}" for each in ("response", "href", "status", "propstat", "prop")
)
_BARE_PATH = re.compile(r"/(?!/)[!-\"$->@-~]*")  # without query or fragment, as thousands of them are


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """
    One ``response``: its own status, 200 where it has none, and the properties that were found.

    Of a property that holds nothing but text this is kept, not the element: an element keeps the whole answer.
    """

    href: str
    status: int
    props: Mapping[str, str | etree._Element]

    def text(self, name: str) -> str:
        """Return the text of a property, empty where there is none."""
        prop = self.props.get(name, "")
        return prop if isinstance(prop, str) else (prop.text or "").strip()

    def names(self, name: str) -> frozenset[str]:
        """Return the names of all elements inside a property, at any depth."""
        prop = self.props.get(name, "")
        return frozenset() if isinstance(prop, str) else frozenset(str(each.tag) for each in prop.iterdescendants("*"))

    def hrefs(self, name: str) -> tuple[str, ...]:
        prop = self.props.get(name, "")
        return () if isinstance(prop, str) else tuple((each.text or "").strip() for each in prop.iterfind(_HREF))


@dataclass(frozen=True, slots=True, repr=False)
class Multistatus:
    """An answer of `size` octets, and its sync token where it is one to ``sync-collection`` (RFC 6578)."""

    entries: tuple[Entry, ...]
    token: str | None
    size: int


def read_multistatus(body: bytes) -> Multistatus:
    """
    Read `body`; raises `NotCalDav` where it is no multistatus.

    Each response is let go as it was read: all of them as a tree would be most of what a sync needs of memory.
    """
    # A comment or instruction inside a text would cut it in two.
    responses = etree.iterparse(
        BytesIO(body),
        tag=_RESPONSE,
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        entries = tuple(_read_entry(_detach(each)) for _, each in responses if _is_outermost(each))
    except (etree.XMLSyntaxError, ValueError):
        # The parser's own text quotes the answer, which may hold a calendar entry.
        raise NotCalDav from None
    if responses.root is None or responses.root.tag != f"{DAV}multistatus":
        raise NotCalDav
    token = responses.root.findtext(f"{DAV}sync-token")
    return Multistatus(entries, (token or "").strip() or None, len(body))


def _is_outermost(response: etree._Element) -> bool:
    parent = response.getparent()
    return parent is not None and parent.getparent() is None


def _detach(response: etree._Element) -> etree._Element:
    parent = response.getparent()
    if parent is not None:
        parent.remove(response)
    return response


def _read_entry(response: etree._Element) -> Entry:
    props: dict[str, str | etree._Element] = {}
    for propstat in response.iterchildren(_PROPSTAT):
        if httpx.codes.is_success(_read_status(propstat) or 200):
            props.update((str(each.tag), _as_text(each)) for prop in propstat.iterchildren(_PROP) for each in prop)
    return Entry((response.findtext(_HREF) or "").strip(), _read_status(response) or 200, props)


def _as_text(prop: etree._Element) -> str | etree._Element:
    return prop if len(prop) else (prop.text or "").strip()


def _read_status(element: etree._Element) -> int:
    """Return the code in ``HTTP/1.1 404 Not Found``, or 0 where there is none."""
    words = (element.findtext(_STATUS) or "").split()
    return int(words[1]) if len(words) > 1 and words[1].isdecimal() else 0


def find_key(href: str) -> str:
    """Return the percent-decoded path of `href`, a path or a whole URL; raises `NotCalDav` where it is neither."""
    try:
        return unquote(href if _BARE_PATH.fullmatch(href) else urlsplit(href).path)
    except ValueError:
        raise NotCalDav from None
