"""
The servers of a life, for `test_life`: each in its mood, and each remembering what was written there by us.

A calendar server stands around a shelf. The way to the mail server is that to a real one.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import StrEnum

import httpx

from integrations.mail.smtp import Mailer
from tests.workers.owners import sequence_of, uid_of
from tests.workers.shelf import Shelf
from tests.workers.world import PowerCut


class Mood(StrEnum):
    """How a server is just now."""

    WELL = "well"
    SILENT = "silent"
    BUSY = "busy"
    BROKEN = "broken"
    GONE = "gone"


_ANSWERS: Mapping[Mood, Callable[[], httpx.Response]] = {
    Mood.BUSY: lambda: httpx.Response(429, headers={"Retry-After": "900"}),
    Mood.BROKEN: lambda: httpx.Response(503),
    Mood.GONE: lambda: httpx.Response(404),
}


@dataclass
class Server:
    """
    A calendar server around one shelf.

    A worker dies once what it asked with the `deadly` method was done, and hears nothing after the `deaf` one.
    `written` is the last SEQUENCE of ours by UID, `fallen` are those that were less than what stood there; the worker
    that wrote what is `untold` may not know that it did.
    """

    shelf: Shelf
    mood: Mood = Mood.WELL
    deadly: str = ""
    deaf: str = ""
    written: dict[str, int] = field(default_factory=dict)
    untold: set[str] = field(default_factory=set)
    fallen: list[tuple[int, int]] = field(default_factory=list)
    _texts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.shelf.before, self.shelf.after = self._answer, self._see

    def _answer(self, request: httpx.Request) -> httpx.Response | None:
        if self.mood is Mood.SILENT:
            raise httpx.ConnectError("nobody there", request=request)
        self._texts = dict(self.shelf.objects)
        answer = _ANSWERS.get(self.mood)
        return None if answer is None else answer()

    def _see(self, request: httpx.Request) -> None:
        if request.method == "PUT" and self._texts != self.shelf.objects:
            self._note(request.content.decode(), before=self._texts.get(request.url.path.removeprefix(self.shelf.path)))
        if request.method == self.deadly:
            raise PowerCut
        if request.method == self.deaf:
            raise httpx.ReadError("lost", request=request)

    def _note(self, text: str, *, before: str | None) -> None:
        uid, sequence = uid_of(text), sequence_of(text)
        least = max(self.written.get(uid, 0), 0 if before is None else sequence_of(before))
        if sequence < least:
            self.fallen.append((least, sequence))  # what is raised here is the worker's to catch
        self.written[uid] = sequence
        if "PUT" in {self.deadly, self.deaf}:
            self.untold.add(uid)


async def nothing() -> None:
    """Let nothing happen on the way."""


@dataclass(frozen=True, slots=True)
class Postman(Mailer):
    """The way to the mail server, on which something happens `first`; a worker that `dies` does so after its 250."""

    first: Callable[[], Awaitable[None]] = nothing
    dies: bool = False

    async def send(self, message: EmailMessage, *, sender: str, recipient: str) -> None:
        await self.first()
        await Mailer.send(self, message, sender=sender, recipient=recipient)
        if self.dies:
            raise PowerCut
