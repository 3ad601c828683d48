"""
A calendar server in memory: one collection, sync tokens, conditional writes (RFC 4791, 6578).

It is the handler of an `httpx.MockTransport`. `asked` are the methods of the requests so far. `before` may answer in
its place; `after` runs once an answer stands, so that what it raises is an answer that gets lost on its way; what
happens `meanwhile` has happened before the answer is there. Objects that are `withheld` are listed, not handed out;
those that are `near` answer every question about a time. It `forgets` deletions as some servers do, takes sync tokens
or not, and gives every object the ETag that is `frozen`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import sha256
from xml.sax.saxutils import escape

import httpx
from lxml import etree

HOST = "https://calendar.example"
OBJECT = (
    "<response><href>{href}</href><propstat><status>HTTP/1.1 200 OK</status><prop>{props}</prop></propstat></response>"
)
GONE = "<response><href>{href}</href><status>HTTP/1.1 404 Not Found</status></response>"


def nothing_else(_: httpx.Request) -> httpx.Response | None:
    """Leave the answer to the shelf."""
    return None


def nothing_more(_: httpx.Request) -> None:
    """Let the answer arrive."""


async def nothing_meanwhile() -> None:
    """Let nothing happen while a worker waits."""


@dataclass
class Shelf:
    """The calendar at `path`, by the names of its objects."""

    path: str = "/ana/home/"
    objects: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    before: Callable[[httpx.Request], httpx.Response | None] = nothing_else
    after: Callable[[httpx.Request], None] = nothing_more
    meanwhile: Callable[[], Awaitable[None]] = nothing_meanwhile
    changed: list[str] = field(default_factory=list)
    withheld: set[str] = field(default_factory=set)
    near: set[str] = field(default_factory=set)
    takes_tokens: bool = True
    forgets: bool = False
    frozen: str | None = None

    @property
    def url(self) -> str:
        return HOST + self.path

    def put(self, name: str, text: str) -> None:
        self.objects[name] = text
        self.changed.append(name)

    def delete(self, name: str) -> None:
        del self.objects[name]
        if not self.forgets:
            self.changed.append(name)

    def etag(self, name: str) -> str:
        if self.frozen is not None:
            return f'"{self.frozen}"'
        return f'"{sha256(self.objects[name].encode()).hexdigest()[:12]}-{self.changed.count(name)}"'

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.method)
        answer = self.before(request) or self._answer(request)
        self.after(request)
        return answer

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "REPORT":
            return self._report(request.content)
        if request.method == "PROPFIND":
            return self._list(depth=request.headers["Depth"])
        name = request.url.path.removeprefix(self.path)
        held = self.etag(name) if name in self.objects else None
        unwanted = request.headers.get("If-None-Match") == "*" and held is not None
        if unwanted or request.headers.get("If-Match", held) != held:
            return httpx.Response(412)
        if request.method == "PUT":
            self.put(name, request.content.decode())
            return httpx.Response(204 if held else 201, headers={"ETag": self.etag(name)})
        return httpx.Response(404) if held is None else self._show(name, remove=request.method == "DELETE")

    def _show(self, name: str, *, remove: bool) -> httpx.Response:
        answer = httpx.Response(200, headers={"ETag": self.etag(name)}, text=self.objects[name])
        if remove:
            self.delete(name)
        return answer

    def _report(self, body: bytes) -> httpx.Response:
        asked = etree.fromstring(body)
        if b"calendar-multiget" in body:
            names = [(each.text or "").removeprefix(self.path) for each in asked.iterfind("{DAV:}href")]
            return _multistatus(*(self._describe(name, whole=True) for name in names))
        if b"calendar-query" in body:
            return _multistatus(*(self._describe(name, whole=True) for name in sorted(self.near)))
        if not self.takes_tokens:
            return httpx.Response(403)
        since = int(asked.findtext("{DAV:}sync-token") or 0)
        names = sorted(set(self.changed[since:]) if since else set(self.objects))
        token = f"<sync-token>{len(self.changed)}</sync-token>"
        return _multistatus(*(self._describe(name, whole=False) for name in names), token)

    def _list(self, *, depth: str) -> httpx.Response:
        ctag = f"<S:getctag>{len(self.changed)}</S:getctag>"
        names = sorted(self.objects) if depth == "1" else []
        return _multistatus(
            OBJECT.format(href=self.path, props=ctag), *(self._describe(name, whole=False) for name in names)
        )

    def _describe(self, name: str, *, whole: bool) -> str:
        href = self.path + name
        if whole and name in self.withheld:
            return ""
        if name not in self.objects:
            return GONE.format(href=href)
        data = f"<C:calendar-data>{escape(self.objects[name])}</C:calendar-data>" if whole else ""
        return OBJECT.format(href=href, props=f"<getetag>{escape(self.etag(name))}</getetag>{data}")


def _multistatus(*parts: str) -> httpx.Response:
    head = '<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:S="http://calendarserver.org/ns/">'
    return httpx.Response(207, text=f"{head}{''.join(parts)}</multistatus>")
