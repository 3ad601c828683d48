"""
What the golden files are about: a partner, a date and an idea whose words are hard on every codec.

The idea is not one of ours, so that the catalog can change without them. Times are UTC; the date is on the evening of
Friday, 4 December 2026, in Berlin.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from integrations.ical.invite import Entry as Object
from service.actions.entries import describe
from service.actions.links import Links
from service.content import Content, load_content
from service.content.library import Library
from service.core.dates import Date, PartStat, Stage
from service.core.interval import Interval
from service.core.invitations import Channel
from service.store.couples import EntryTitle, Partner
from service.store.entries import Entry
from service.store.outbox import Kind, Parcel
from service.store.vault import Vault
from service.workers.letters import Desk

ASKED = datetime(2026, 11, 22, 9, tzinfo=UTC)
EVENING = Interval(datetime(2026, 12, 4, 18, tzinfo=UTC), datetime(2026, 12, 4, 20, tzinfo=UTC))
NEXT_EVENING = Interval(EVENING.start + timedelta(days=1), EVENING.end + timedelta(days=1))

WALK, HARD = "walk_to_the_river", "hard_words"
HARD_NAME = 'Änne "Anka" K., Ana; née Müller'
_CATALOG = load_content()
_WALK = replace(
    next(iter(_CATALOG.ideas.values())),
    title="Walk to the river",
    line="The long way there, the short way back.",
    steps=("Leave when the dishes are done.", "Say what was good today."),
    phones="left_at_home",
)
_HARD = replace(
    _WALK,
    title='Süßes, Salziges; "Tee" \\ Kakao & <Kekse> 🫖👩‍🌾, ' + "ä" * 40 + " 安静的夜晚",
    line="Zwei Tassen; eine Decke, kein Licht.\nUnd „nichts“ sonst: " + "ö🌙" * 30,
    steps=("BEGIN:VEVENT", "a\\nb, c\\;d"),
)
CONTENT: Content = replace(_CATALOG, ideas={WALK: _WALK, HARD: _HARD})
DATE, ANA, BEN = "d" * 32, "a" * 32, "b" * 32
_LINKS = Links(Vault("01020304", {"01020304": bytes(32)}), "https://dates.example.org")
DESK = Desk(Library({"en": CONTENT}), sender="pencil-in@dates.example.org", domain="dates.example.org", links=_LINKS)
ENTRY = Entry(DATE, ANA, Channel.EMAIL, None, "7f3c2a91e4b84c0fa6d27f3c2a91e4b8", None, applied=0)


def make_partner(zone: str = "Europe/Berlin", *, name: str = "Ana", title: EntryTitle = EntryTitle.IDEA) -> Partner:
    return Partner(ANA, "couple", name, "ana@example.org", ZoneInfo(zone), title, prefers_email=True, version=1)


def make_date(
    time: Interval = EVENING, *, stage: Stage = Stage.PENCILLED, sequence: int = 0, idea_id: str | None = WALK
) -> Date:
    return Date(
        id=DATE,
        couple_id="couple",
        time=time,
        idea_id=idea_id,
        stage=stage,
        sequence=sequence,
        timed=0 if time == EVENING else 1,
        answers={ANA: PartStat.NEEDS_ACTION, BEN: PartStat.ACCEPTED},
        answer_by=time.start - timedelta(hours=2),
        created_at=ASKED,
        changed_at=ASKED + timedelta(hours=sequence),
    )


def make_parcel(kind: Kind, *, detail: str | None = None, sequence: int = 0) -> Parcel:
    id_ = f"0123456789abcdef0123456789abcde{sequence}"
    return Parcel(id_, ANA, kind, created_at=ASKED, date_id=DATE, sequence=sequence, detail=detail)


def make_object(date: Date, partner: Partner) -> Object:
    """Return the date as it goes into the partner's own calendar."""
    return describe(date, partner=partner, entry=ENTRY, content=CONTENT)
