"""
What a proxy can do to one exchange, and who it is done to.

Each fault is a function of the exchange, or makes one. What the person's server did may differ from what is told of it:
`lose_the_answer` and `deny` come after the deed. Times are in seconds.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from itertools import count

from lxml import etree

from tests.outside.suite.dice import Dice
from tests.outside.suite.proxy import Answer, Asked, Choose, Exchange, Fault

PAGE = b"<!doctype html><html><head><title>Welcome</title></head><body><p>Please sign in.<br></body></html>"
_HTML = (("Content-Type", "text/html; charset=utf-8"),)
_XML = (("Content-Type", "application/xml; charset=utf-8"),)
_PAGE_TOKEN = "https://pages.example/"
_MORE = '<response xmlns="DAV:"><href>{href}</href><status>HTTP/1.1 507 Insufficient Storage</status></response>'


def pass_on(exchange: Exchange) -> None:
    exchange.answer(exchange.forward())


def delay(seconds: float) -> Fault:
    def fault(exchange: Exchange) -> None:
        exchange.pause(seconds)
        pass_on(exchange)

    return fault


def refuse(status: int, headers: Mapping[str, str] | None = None) -> Fault:
    """Answer in the server's place, which hears nothing of it."""
    answer = Answer(status, tuple((headers or {}).items()))
    return lambda exchange: exchange.answer(answer)


def deny(status: int) -> Fault:
    """Let the server do it, and tell of a failure."""

    def fault(exchange: Exchange) -> None:
        exchange.forward()
        exchange.answer(Answer(status))

    return fault


def reset(exchange: Exchange) -> None:
    """Break the connection before the server hears of it."""
    exchange.hang_up(rudely=True)


def lose_the_answer(exchange: Exchange) -> None:
    """Let the server do it, and break the connection."""
    exchange.forward()
    exchange.hang_up(rudely=True)


def cut(exchange: Exchange) -> None:
    """Send half of the body, and end the connection."""
    answer = exchange.forward()
    exchange.send(answer.head(length=max(len(answer.body), 1)) + answer.body[: len(answer.body) // 2])
    exchange.hang_up()


def cut_neatly(exchange: Exchange) -> None:
    """Send half of the body as if it were all of it."""
    answer = exchange.forward()
    exchange.answer(replace(answer, body=answer.body[: len(answer.body) // 2]))


def drip(exchange: Exchange) -> None:
    """Send a byte of the body every twentieth of a second."""
    answer = exchange.forward()
    exchange.send(answer.head(length=len(answer.body) + 1))
    for byte in answer.body:
        exchange.send(bytes([byte]))
        exchange.pause(0.05)
    exchange.hang_up()


def pour(exchange: Exchange) -> None:
    """Answer with a multistatus that does not end."""
    exchange.send(Answer(207, _XML).head(length=None) + b'<multistatus xmlns="DAV:">')
    try:
        while True:
            exchange.send(b"<response/>" * 1_000)
    finally:
        exchange.hang_up()


def show_a_page(exchange: Exchange) -> None:
    """Answer as the sign-in page of a guest network does: to everything alike."""
    exchange.answer(Answer(200, _HTML, PAGE))


def call_it_html(exchange: Exchange) -> None:
    """Answer, and call the answer HTML, as PHP does of what says nothing of its kind."""
    answer = exchange.forward()
    kept = tuple((name, value) for name, value in answer.headers if name.lower() != "content-type")
    exchange.answer(replace(answer, headers=(*kept, *_HTML)))


def drop_after(exchange: Exchange) -> None:
    """Answer, and drop the connection when the next request comes in on it."""
    pass_on(exchange)
    exchange.hang_up_at_the_next()


def send_to(url: str) -> Fault:
    return refuse(302, {"Location": url})


def always(fault: Fault) -> Choose:
    return lambda _: fault


def only(method: str, fault: Fault, *, times: int | None = None) -> Choose:
    """Do it to the first `times` requests of that method, to all of them where it is None."""
    numbers = count()

    def choose(asked: Asked) -> Fault:
        is_one = asked.method == method and (times is None or next(numbers) < times)
        return fault if is_one else pass_on

    return choose


def after(number: int, fault: Fault) -> Choose:
    """Let so many requests pass, then do it to all that follow."""
    numbers = count()
    return lambda _: pass_on if next(numbers) < number else fault


class Pages:
    """
    Hands a listing of changes out in pages, with 507 for the collection (RFC 6578, section 3.6).

    What a page leaves out is kept here under a token of our own; the last page carries the server's.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: dict[str, etree._Element] = {}

    def __call__(self, asked: Asked) -> Fault:
        return self._page if b"sync-collection" in asked.body else pass_on

    def _page(self, exchange: Exchange) -> None:
        since = etree.fromstring(exchange.asked.body).findtext("{DAV:}sync-token") or ""
        rest = self._kept.pop(since, None)
        if rest is None:
            answer = exchange.forward()
            if answer.status != 207:
                exchange.answer(answer)
                return
            rest = etree.fromstring(answer.body)
        exchange.answer(Answer(207, _XML, etree.tostring(self._take(rest, href=exchange.asked.path))))

    def _take(self, rest: etree._Element, *, href: str) -> etree._Element:
        """Move a page out of `rest`, and keep what remains."""
        page = etree.Element("{DAV:}multistatus")
        page.extend(rest.findall("{DAV:}response")[: self._size])
        token = etree.SubElement(page, "{DAV:}sync-token")
        if rest.find("{DAV:}response") is None:
            token.text = rest.findtext("{DAV:}sync-token")
            return page
        token.text = f"{_PAGE_TOKEN}{len(self._kept)}-{href}-{len(rest)}"
        self._kept[token.text] = rest
        page.append(etree.fromstring(_MORE.format(href=href)))
        return page


class Gateway:
    """Asks for names and passwords in front of a server that trusts it to, and tells it who calls."""

    def __init__(self, accounts: Mapping[str, str]) -> None:
        self._users = {
            f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}": name for name, password in accounts.items()
        }

    def __call__(self, asked: Asked) -> Fault:
        user = self._users.get(asked.headers.get("Authorization", ""))
        if user is None:
            return refuse(401, {"WWW-Authenticate": 'Basic realm="calendars"'})

        def tell(exchange: Exchange) -> None:
            kept = {name: value for name, value in asked.headers.items() if name != "Authorization"}
            exchange.asked = replace(asked, headers={**kept, "X-Remote-User": user})
            pass_on(exchange)

        return tell


class Weather:
    """Draws a fault for a `share` of the requests, in an order the seed decides; the others are dealt with `fair`."""

    def __init__(self, seed: str, *, faults: tuple[Fault, ...], share: float, fair: Choose) -> None:
        self._dice = Dice(seed)
        self._faults = faults
        self._fair = fair
        self.share = share
        self.drawn: list[str] = []

    def __call__(self, asked: Asked) -> Fault:
        if self._dice.throw() >= self.share:
            return self._fair(asked)
        self.drawn.append(asked.method)
        return self._dice.choose(self._faults)
