"""
What couples do while processes die: pencil in, answer, answer again, move, call off, over REST, one couple a thread.

Whoever asks does not give up: where the connection breaks or the answer is a 5xx, the same request goes out again under
the same key until there is an answer. What the answers said is what has to hold in the end.
"""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from random import Random
from time import monotonic
from typing import Any
from uuid import UUID

import httpx

from service.clock import now
from tests.chaos.couples import Couple, Person
from tests.chaos.verdict import Date

MOST_DATES = 29  # of one couple: every third evening, up to 13 weeks ahead
_ANSWERED_WITHIN = 90.0  # seconds
_PAUSE = threading.Event()  # never set: waiting for it is a pause
_LATER = (0, 15, 30, 45, 60, 75)  # minutes after 18:00 UTC at which an hour lies in the evenings of both zones


class Unanswered(Exception):
    """A request got no answer, however often it was sent."""


@dataclass
class Story:
    """One couple's dates; `troubles` are answers that should not have been given."""

    couple: Couple
    count: int
    chance: Random
    acknowledged: dict[str, Date] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    requests: int = 0
    retries: int = 0
    _asked: dict[str, Person] = field(default_factory=dict)  # who has to answer, by date

    def live(self, *, seconds: float) -> None:
        """Go through it, spread over so many seconds."""
        begun = monotonic()
        try:
            for number in range(self.count):
                _PAUSE.wait(max(0.0, begun + seconds * (number + self.chance.random()) / self.count - monotonic()))
                self._pencil_in(number)
                for _ in range(self.chance.choice((0, 1, 1, 2, 3))):
                    self._change_one()
        except Exception as error:
            self.troubles.append(f"the story ended early: {error!r}")

    def _pencil_in(self, number: int) -> None:
        by, other = self._draw_partners()
        date = self._post(by, "/v1/dates", self._draw_time(2 + 3 * number))
        if date is not None:
            self._asked[date.id] = other

    def _change_one(self) -> None:
        live = [date for date in self.acknowledged.values() if date.is_live]
        if not live:
            return
        date = self.chance.choice(live)
        by, other = self._draw_partners()
        match self.chance.choices(("accept", "move", "decline", "call off"), weights=(45, 30, 10, 15))[0]:
            case "accept":
                self._answer(self._asked[date.id], date, "accepted")
            case "decline":
                self._answer(by, date, "declined")
            case "move":
                day = (date.start.date() - now().date()).days
                if self._post(by, f"/v1/dates/{date.id}/move", self._draw_time(day)):
                    self._asked[date.id] = other
            case "call off":
                self._post(by, f"/v1/dates/{date.id}/cancel", None)

    def _draw_partners(self) -> tuple[Person, Person]:
        by, other = self.chance.sample((self.couple.ana, self.couple.ben), 2)
        return by, other

    def _draw_time(self, day: int) -> dict[str, str]:
        evening = datetime.combine(now().date() + timedelta(days=day), time(18), UTC)
        start = evening + timedelta(minutes=self.chance.choice(_LATER))
        return {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}

    def _post(self, by: Person, path: str, body: dict[str, str] | None) -> Date | None:
        """Post under a new key; now and then once more, which must be answered alike."""
        key = str(UUID(int=self.chance.getrandbits(128)))
        answer, _ = self._ask(by, "POST", path, body, key=key)
        if not answer.is_success:
            self.troubles.append(f"POST {path} was answered {answer.status_code} {answer.text}")
            return None
        if self.chance.random() < 1 / 5:
            again, _ = self._ask(by, "POST", path, body, key=key)
            if again.json() != answer.json() or again.headers.get("Idempotency-Replayed") != "true":
                self.troubles.append(f"POST {path} was not answered alike: {again.status_code} {again.text}")
        return self._acknowledge(answer)

    def _answer(self, by: Person, date: Date, answer: str) -> None:
        """Answer the present time; now and then once more. It carries no key: the sequence says what it answers."""
        path = f"/v1/dates/{date.id}"
        body = {"answer": answer, "sequence": date.sequence}
        for _ in range(self.chance.choice((1, 1, 1, 2))):
            given, was_cut = self._ask(by, "PUT", f"{path}/answer", body)
            if given.status_code == 409 and (was_cut or not self.acknowledged[date.id].is_live):
                given, _ = self._ask(by, "GET", path, None)  # a no was heard already, and the date is over by it
            if not given.is_success:
                self.troubles.append(f"PUT {path}/answer was answered {given.status_code} {given.text}")
                return
            self._acknowledge(given)

    def _acknowledge(self, answer: httpx.Response) -> Date:
        told = answer.json()
        start, end = (datetime.fromisoformat(told[name]).astimezone(UTC) for name in ("start", "end"))
        date = Date(told["id"], told["status"], told["sequence"], start, end)
        self.acknowledged[date.id] = date
        return date

    def _ask(
        self, by: Person, method: str, path: str, body: dict[str, Any] | None, *, key: str | None = None
    ) -> tuple[httpx.Response, bool]:
        """Return the answer, and whether an earlier attempt may have been heard without being answered."""
        headers = {"Idempotency-Key": key} if key else {}
        deadline = monotonic() + _ANSWERED_WITHIN
        was_cut = False
        self.requests += 1
        while monotonic() < deadline:
            try:
                answer = by.api.request(method, path, json=body, headers=headers)
            except httpx.TransportError:
                was_cut = True
            else:
                if answer.status_code < 500 and "under_way" not in answer.text:
                    return answer, was_cut
                was_cut = True
            self.retries += 1
            _PAUSE.wait(0.1)
        raise Unanswered(f"{method} {path}")
