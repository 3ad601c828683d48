"""
Reading a mailbox over IMAP (RFC 9051, 3501), with a deadline in seconds for each visit.

A visit reads addresses and sizes of what is unseen, and whole mails only where they are meant for us and small enough.
Nothing is moved or deleted; a mail is marked as seen when its reader says so. What a server says stays here: answers
name people and are never repeated.
"""

import asyncio
import ssl
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from socket import SHUT_RDWR
from typing import Any, Literal, TypeVar

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from integrations.errors import LoginRefused, NotThere, TooSlow, Unreachable
from integrations.mail.incoming import MAX_MAIL, RECIPIENTS

AT_ONCE = 20  # mails that a visit brings
LOOKED_AT = 5000  # mails of which a visit reads the addresses
_CHUNK = 200
_GOODBYE = 1.0  # seconds

_ADDRESSES = f"BODY.PEEK[HEADER.FIELDS ({' '.join(RECIPIENTS)})]"
_CONTENT = f"BODY.PEEK[]<0.{MAX_MAIL + 1}>"  # the size that a server tells may be a guess

# what the library meets in odd answers
_ODD = (IMAPClientError, ValueError, LookupError, AssertionError, AttributeError, TypeError)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bookmark:
    """The last UID that was looked at, in the mailbox's present numbering (UIDVALIDITY, RFC 9051, 2.3.1.1)."""

    validity: int
    uid: int


@dataclass(frozen=True, slots=True)
class Mail:
    """One unseen mail with its UID."""

    uid: int
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Batch:
    """What a visit brought: `mails` in the order of their arrival, and how many for us were too large to be read."""

    mails: tuple[Mail, ...]
    bookmark: Bookmark
    too_large: int


@dataclass(frozen=True, slots=True)
class Mailbox:
    """
    The mailbox that answers arrive in; `timeout` is the deadline of one visit, in seconds.

    Raises `ValueError` where a password would travel without TLS.
    """

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: Literal["tls", "starttls", "none"] = "tls"
    folder: str = "INBOX"
    timeout: float = 40.0
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.username and self.tls == "none":
            raise ValueError("a mail password needs TLS")

    async def read(self, *, after: Bookmark | None, is_ours: Callable[[str], bool]) -> Batch:
        """
        Return unseen mails that arrived `after`, and whose recipients `is_ours` says are ours; it is given headers.

        Where the mailbox was numbered anew, all that is unseen is looked at again. Raises `LoginRefused`, `NotThere`
        where there is no such folder, `Unreachable`, `TooSlow`.
        """
        return await self._visit(lambda client: _read(client, folder=self.folder, after=after, is_ours=is_ours))

    async def check(self) -> None:
        """Sign in and open the folder, and read nothing. Raises as `read` does."""
        await self._visit(lambda client: _open(client, self.folder, readonly=True))

    async def mark_seen(self, uids: Iterable[int], *, validity: int) -> None:
        """Mark mails as seen, unless the mailbox was numbered anew meanwhile. Raises as `read` does."""
        await self._visit(lambda client: _mark(client, folder=self.folder, uids=list(uids), validity=validity))

    async def _visit(self, work: Callable[[Any], T]) -> T:
        """Do `work` in a thread of its own; after the deadline the line is cut, which ends the thread."""
        line = _Line()
        threads = ThreadPoolExecutor(1, thread_name_prefix="inbox")
        try:
            async with asyncio.timeout(self.timeout):
                return await asyncio.get_running_loop().run_in_executor(threads, self._talk, line, work)
        except TimeoutError:
            raise TooSlow("the mailbox did not answer in time") from None
        except LoginError:
            raise LoginRefused("the mailbox refused the login") from None
        except (IMAPClientAbortError, OSError):
            raise Unreachable("the mailbox cannot be reached") from None
        except _ODD:
            raise Unreachable("the mailbox lacks what the settings ask for, or answers oddly") from None
        finally:
            line.cut()
            threads.shutdown(wait=False)

    def _talk(self, line: "_Line", work: Callable[[Any], T]) -> T:
        wait = SocketTimeout(connect=self.timeout, read=self.timeout)
        with IMAPClient(
            self.host, self.port, ssl=self.tls == "tls", ssl_context=self.trust, timeout=wait, use_uid=True
        ) as client:
            line.hold(client)
            if self.tls == "starttls":
                client.starttls(self.trust)
            if self.username:
                client.login(self.username, self.password or "")
            answer = work(client)
            client.socket().settimeout(_GOODBYE)
            return answer


class _Line:
    """A connection that can be cut from another thread."""

    def __init__(self) -> None:
        self._client: Any = None
        self._is_cut = False

    def hold(self, client: Any) -> None:
        self._client = client
        if self._is_cut:
            self.cut()

    def cut(self) -> None:
        self._is_cut = True
        if self._client is not None:
            with suppress(OSError):
                self._client.socket().shutdown(SHUT_RDWR)


def _read(client: Any, *, folder: str, after: Bookmark | None, is_ours: Callable[[str], bool]) -> Batch:
    validity = _open(client, folder, readonly=True)
    last = after.uid if after is not None and after.validity == validity else 0
    found = client.search(["UNSEEN", "UNDELETED", "UID", f"{last + 1}:*"])
    unseen = sorted(uid for uid in found if uid > last)[:LOOKED_AT]  # a range up to * always holds the last mail
    mails: list[Mail] = []
    too_large = 0
    for uid, size, addresses in _look(client, unseen):
        last = uid
        if not is_ours(addresses):
            continue
        content = _fetch_content(client, uid) if size <= MAX_MAIL else None
        if content is None or len(content) > MAX_MAIL:
            too_large += 1
            continue
        mails.append(Mail(uid, content))
        if len(mails) == AT_ONCE:
            break
    return Batch(tuple(mails), Bookmark(validity, last), too_large)


def _mark(client: Any, *, folder: str, uids: list[int], validity: int) -> None:
    if _open(client, folder, readonly=False) == validity:
        client.add_flags(uids, [rb"\Seen"], silent=True)


def _open(client: Any, folder: str, *, readonly: bool) -> int:
    """Open the folder and return its UIDVALIDITY."""
    try:
        opened = client.select_folder(folder, readonly=readonly)
    except IMAPClientAbortError:
        raise
    except IMAPClientError:
        raise NotThere("there is no such folder in the mailbox") from None
    return int(opened[b"UIDVALIDITY"])


def _look(client: Any, uids: list[int]) -> Iterator[tuple[int, int, str]]:
    """Yield UID, size and the headers that name recipients of each mail that is still there."""
    rest = iter(uids)
    while chunk := list(islice(rest, _CHUNK)):
        answers = client.fetch(chunk, ["RFC822.SIZE", _ADDRESSES])
        for uid in chunk:
            if uid in answers and b"RFC822.SIZE" in answers[uid]:
                yield uid, int(answers[uid][b"RFC822.SIZE"]), _body(answers[uid]).decode("latin-1")


def _fetch_content(client: Any, uid: int) -> bytes | None:
    answers = client.fetch([uid], [_CONTENT])
    return _body(answers[uid]) if uid in answers else None


def _body(answer: dict[bytes, Any]) -> bytes:
    """Return what a server sent under BODY[…]; each writes the rest of that name in its own way."""
    return next((value or b"" for name, value in answer.items() if name.startswith(b"BODY[")), b"")
