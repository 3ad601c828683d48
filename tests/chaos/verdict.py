"""
What is compared when all is quiet: what was acknowledged, and what the database, the calendars and the mails hold.

Values only. All times are in UTC; UIDs, METHOD, SEQUENCE and STATUS are those of RFC 5545 and 5546.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Date:
    """A date as the API acknowledged it, or as the database holds it."""

    id: str
    status: str
    sequence: int
    start: datetime
    end: datetime

    @property
    def is_live(self) -> bool:
        return self.status != "cancelled"


@dataclass(frozen=True, slots=True)
class Entry:
    """How the database says that a date reaches one partner."""

    date_id: str
    address: str
    channel: str
    uid: str


@dataclass(frozen=True, slots=True)
class Kept:
    """An object in a collection of somebody's account."""

    account: str
    collection: str
    uid: str
    sequence: int
    status: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it arrived; the last five are None where it has no calendar part."""

    recipient: str
    message_id: str
    uid: str | None = None
    method: str | None = None
    sequence: int | None = None
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything there is to see; `mails` are in the order of their arrival."""

    dates: Mapping[str, Date]
    entries: Sequence[Entry]
    objects: Sequence[Kept]
    mails: Sequence[Mail]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Sentences about what was `lost`, and what is there more often than once; how often mails came again."""

    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    repeats_same_id: int
    repeats_other_id: int


@dataclass(frozen=True, slots=True)
class _Findings:
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)


def judge(acknowledged: Mapping[str, Date], *, evidence: Evidence) -> Verdict:
    """
    Return what is wrong.

    Lost is an acknowledged date that is not as acknowledged, and an entry, a change or a mail that never arrived.
    Doubled is what should not be there: a second entry, one on another channel, one of a date that was called off.
    """
    findings = _Findings()
    _compare_dates(findings, acknowledged, evidence=evidence)
    entries_of = defaultdict(list)
    for entry in evidence.entries:
        entries_of[entry.date_id].append(entry)
    for date in evidence.dates.values():
        addresses = {entry.address for entry in entries_of[date.id]}
        if len(addresses) != 2 or len(entries_of[date.id]) != 2:
            findings.lost.append(f"date {date.id} does not reach both partners")
        for entry in entries_of[date.id]:
            _compare_entry(findings, entry, date=date, evidence=evidence)
    known = {entry.uid for entry in evidence.entries}
    seen = {each.uid for each in evidence.objects} | {each.uid for each in evidence.mails if each.uid}
    findings.doubled.extend(f"{uid} belongs to no date" for uid in seen - known)
    return Verdict(
        lost=tuple(findings.lost),
        doubled=tuple(findings.doubled),
        repeats_same_id=len(evidence.mails) - len({mail.message_id for mail in evidence.mails}),
        repeats_other_id=_count_other_ids(evidence.mails),
    )


def _compare_dates(findings: _Findings, acknowledged: Mapping[str, Date], *, evidence: Evidence) -> None:
    for date in acknowledged.values():
        held = evidence.dates.get(date.id)
        if held != date:
            findings.lost.append(f"acknowledged as {date}, held as {held}")
    for date_id in evidence.dates.keys() - acknowledged.keys():
        findings.doubled.append(f"date {date_id} was never acknowledged")


def _compare_entry(findings: _Findings, entry: Entry, *, date: Date, evidence: Evidence) -> None:
    objects = [each for each in evidence.objects if each.uid == entry.uid]
    mails = [each for each in evidence.mails if each.uid == entry.uid]
    if entry.channel == "caldav":
        findings.doubled.extend(f"{entry.uid} is in a calendar and in a mail" for _ in mails[:1])
        findings.lost.extend(_miss_in_calendar(entry, date=date, objects=objects))
        findings.doubled.extend(f"an entry too many: {each}" for each in objects[1 if date.is_live else 0 :])
        return
    findings.doubled.extend(f"{entry.uid} came by mail and is in a calendar" for _ in objects)
    if entry.channel == "email":
        findings.lost.extend(_miss_in_mail(entry, date=date, mails=mails))
    else:
        findings.doubled.extend(f"{entry.uid} has a link and came by mail" for _ in mails[:1])


def _miss_in_calendar(entry: Entry, *, date: Date, objects: Sequence[Kept]) -> Iterator[str]:
    if not date.is_live:
        return
    account = entry.address.partition("@")[0]
    expected = (account, date.status.upper(), date.start, date.end)
    for held in objects:
        if (held.account, held.status, held.start, held.end) != expected or held.sequence < date.sequence:
            yield f"an entry that is not as its date: {held} for {date}"
    if not objects:
        yield f"no entry in the calendar of {account}: {date}"


def _miss_in_mail(entry: Entry, *, date: Date, mails: Sequence[Mail]) -> Iterator[str]:
    last = _last_word(mails)
    if any(mail.recipient != entry.address for mail in mails):
        yield f"an invitation went to somebody else: {mails}"
    if not date.is_live:
        if last is not None and last.method != "CANCEL":
            yield f"a cancellation that never came: {date} for {last}"
    elif last is None or (last.method, last.start, last.end) != ("REQUEST", date.start, date.end):
        yield f"a mail that never came: {date} for {last}"


def _last_word(mails: Iterable[Mail]) -> Mail | None:
    """Return the mail that counts: a calendar heeds none whose SEQUENCE is lower than one it has (RFC 5546, 2.1.4)."""
    last: Mail | None = None
    for mail in mails:
        if last is None or (mail.sequence or 0) >= (last.sequence or 0):
            last = mail
    return last


def _count_other_ids(mails: Iterable[Mail]) -> int:
    """Return how many mails say what another one with another Message-ID said before."""
    said = {(each.recipient, each.uid, each.method, each.sequence, each.message_id) for each in mails if each.uid}
    return sum(count - 1 for count in Counter(each[:-1] for each in said).values())
