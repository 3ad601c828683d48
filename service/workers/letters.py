"""
Mails, composed when they are delivered from what the rows say then.

Message-ID and date come from the parcel, so a second delivery is the same mail. A mail about a date that has changed
since has nothing left to say and is not sent.
"""

import re
from dataclasses import dataclass, replace
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Self

from integrations.ical.invite import write_cancel, write_request
from integrations.mail.message import Calendar as CalendarPart
from integrations.mail.message import compose, make_address
from integrations.push.note import Note
from service.actions import weeks
from service.actions.clashes import CLASH
from service.actions.cover import NOTICE_OF
from service.actions.entries import describe
from service.actions.hearing import NOT_POSSIBLE, STALE
from service.actions.helping import clocks, first_names
from service.actions.house import House
from service.actions.links import Links, Purpose
from service.actions.nudges import write_link
from service.actions.troubles import NOT_DELIVERED
from service.actions.weeks import Ahead
from service.content import Content, MailText
from service.content.library import Library
from service.content.when import say_names, say_time, say_when
from service.core.dates import Date, Happening, Origin, Status
from service.store.couples import Couple, Partner
from service.store.entries import Entry
from service.store.helpers import Helper
from service.store.outbox import Kind, Parcel

SENDER = "Pencil In"
_ABOUT_ITS_TIME = frozenset(
    {CLASH, NOT_POSSIBLE, STALE, *NOTICE_OF.values()}
)  # still true after a date was confirmed, not after it was moved
_NOTHING_SAID = re.compile(r"\n{3,}")  # where a place in the text was left empty


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail ready to go: `sender` and `recipient` are the envelope's addresses."""

    message: EmailMessage
    sender: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Desk:
    """
    Writes mails; `sender` is the plain address of the service, `domain` that of its message ids.

    Each mail is in the language of its reader; `links` lead each reader to what they may do about what they read.
    """

    library: Library
    sender: str
    domain: str
    links: Links

    @classmethod
    def of(cls, house: House, *, sender: str) -> Self:
        domain = sender.rpartition("@")[2]
        return cls(house.library, sender=sender, domain=domain, links=house.links)

    def about_date(self, parcel: Parcel, *, date: Date, partner: Partner, entry: Entry) -> Letter | None:
        """Return the mail about a date, with a calendar part where the parcel is one; None where it is out of date."""
        if _is_outdated(parcel, date, entry):
            return None
        content = self.library.of(partner.language)
        words = self._words(date, partner, content=content)
        if parcel.kind is Kind.NOTICE:
            text = content.messages.mails[_word_of(parcel, date)].fill(**words)
            return self._letter(parcel, partner=partner, text=text)
        organizer = make_address(f"date+{entry.uid}@{self.domain}", name=SENDER)
        wanted = describe(date, partner=partner, entry=entry, content=content)
        words["title"] = wanted.title
        if not wanted.description:  # the mail says no more than the entry in it
            words |= {"line": "", "steps": ""}
        people = {"organizer": organizer.addr_spec, "attendee": partner.address, "attendee_name": partner.name}
        if parcel.kind is Kind.CANCEL:
            text = content.messages.mails["date_called_off"].fill(**words)
            part = CalendarPart("CANCEL", write_cancel(wanted, **people))
        else:
            mail = "date_invitation" if date.timed == 0 else "date_moved"
            if (parcel.sequence or 0) > date.timed:
                mail = "date_changed"
            # Exchange names the entry after the subject, and "New time" would stay in its name for good
            text = replace(content.messages.mails[mail].fill(**words), subject=wanted.title)
            part = CalendarPart("REQUEST", write_request(wanted, **people))
        return self._letter(parcel, partner=partner, text=text, sender=organizer, part=part)

    def note_about(self, parcel: Parcel, *, partner: Partner) -> Note:
        """Return the reminder of a gesture for a lock screen, which names no gesture; its link does."""
        words = self.library.of(partner.language).messages.push
        link = write_link(self.links, partner_id=partner.id, gesture_id=parcel.detail or "")
        return Note(words["title"], words["text"], link, words["open"])

    def test_note(self, *, partner: Partner) -> Note:
        words = self.library.of(partner.language).messages.push
        return Note(words["title"], words["test"], self.links.public_url, words["open"])

    def gesture(self, parcel: Parcel, *, partner: Partner, from_now_on: bool = False) -> Letter | None:
        """
        Return the reminder of a gesture; its subject is neutral, because a lock screen shows it.

        `from_now_on` says that it comes by mail because no endpoint of the partner's takes it any more.
        """
        content = self.library.of(partner.language)
        gesture = content.gestures.get(parcel.detail or "")
        if gesture is None:
            return None
        mail = "gesture_if_welcome" if gesture.only_if_welcome else "gesture"
        link = write_link(self.links, partner_id=partner.id, gesture_id=gesture.id)
        aside = content.messages.push["by_mail"] if from_now_on else ""
        text = content.messages.mails[mail].fill(title=gesture.title, line=gesture.line, link=link, aside=aside)
        return self._letter(parcel, partner=partner, text=text)

    def helper(self, parcel: Parcel, *, helper: Helper, date: Date, couple: Couple) -> Letter:
        """Return the mail that asks a helper, or tells one that they are not needed: who, when, and where if given."""
        mail = "helper_asked" if parcel.kind is Kind.HELPER else "helper_thanks"
        content = self.library.of(couple.partners[0].language)
        text = content.messages.mails[mail].fill(
            names=say_names(first_names(couple), content=content),
            when="\n".join(say_when(date.time, zone=zone, content=content) for zone in clocks(couple)),
            place=helper.place or "",
            link=self.links.write(Purpose.HELPER, date.id, helper.id),
        )
        sender = make_address(self.sender, name=SENDER)
        return self._compose(parcel, sender=sender, to=helper.address or "", to_name=helper.name, text=text)

    def week(self, parcel: Parcel, *, ahead: Ahead) -> Letter | None:
        """Return the mail about the week; None where there is nothing to say."""
        if not ahead.times or ahead.idea is None:
            return None
        content = self.library.of(ahead.partner.language)
        idea = content.ideas[ahead.idea.idea.id]
        zone = ahead.partner.zone
        text = content.messages.mails["week"].fill(
            times="\n".join(f"- {say_time(time, zone=zone, content=content)}" for time in ahead.times),
            idea=idea.title,
            line=idea.line,
            link=weeks.write_link(self.links, partner_id=ahead.partner.id, now=parcel.created_at),
        )
        return self._letter(parcel, partner=ahead.partner, text=text)

    def calendar(self, parcel: Parcel, *, partner: Partner) -> Letter:
        """Return the mail that tells an owner what their calendar needs."""
        messages = self.library.of(partner.language).messages
        sentence = messages.calendar_causes[parcel.detail or ""]
        text = messages.mails["calendar_needs_you"].fill(sentence=sentence)
        return self._letter(parcel, partner=partner, text=text)

    def invitation(self, parcel: Parcel, *, partner: Partner, address: str, link: str) -> Letter:
        """Return the mail by which `partner` invites the other, at `address`, in the language of the one we know."""
        text = self.library.of(partner.language).messages.mails["joined_invitation"].fill(name=partner.name, link=link)
        sender = make_address(self.sender, name=SENDER)
        return self._compose(parcel, sender=sender, to=address, to_name="", text=text)

    def _letter(
        self,
        parcel: Parcel,
        *,
        partner: Partner,
        text: MailText,
        sender: Address | None = None,
        part: CalendarPart | None = None,
    ) -> Letter:
        sender = sender or make_address(self.sender, name=SENDER)
        return self._compose(parcel, sender=sender, to=partner.address, to_name=partner.name, text=text, part=part)

    def _compose(
        self,
        parcel: Parcel,
        *,
        sender: Address,
        to: str,
        to_name: str,
        text: MailText,
        part: CalendarPart | None = None,
    ) -> Letter:
        message = compose(
            sender=sender,
            to=to,
            to_name=to_name,
            subject=text.subject,
            text=_NOTHING_SAID.sub("\n\n", text.text).rstrip(),
            message_id=f"<{parcel.id}@{self.domain}>",
            date=parcel.created_at,
            calendar=part,
        )
        return Letter(message, sender=sender.addr_spec, recipient=to)

    def _words(self, date: Date, partner: Partner, *, content: Content) -> dict[str, str]:
        idea = content.ideas.get(date.idea_id or "")
        return {
            "when": say_when(date.time, zone=partner.zone, content=content),
            "title": idea.title if idea else content.messages.entry_titles["time_together"],
            "line": idea.line if idea else "",
            "steps": "\n".join(f"- {step}" for step in idea.steps) if idea else "",
            "link": self.links.write(Purpose.DATE, date.id, partner.id),
        }


def _word_of(parcel: Parcel, date: Date) -> str:
    """Return the name of the mail that tells in words what happened to a date."""
    if parcel.detail == Happening.PENCILLED and date.origin is Origin.RHYTHM:
        return "date_held"
    return f"date_{parcel.detail}"


def _is_outdated(parcel: Parcel, date: Date, entry: Entry) -> bool:
    if parcel.kind is Kind.CANCEL:
        return entry.applied is None  # what was never sent needs no taking back
    if parcel.detail == NOT_DELIVERED:
        return not date.is_open or entry.applied == date.sequence  # it came to be there meanwhile
    if parcel.kind is Kind.REQUEST:
        return date.status is Status.CANCELLED or (parcel.sequence or 0) < date.timed
    if parcel.detail in _ABOUT_ITS_TIME:
        return not date.is_open or (parcel.sequence or 0) < date.timed
    return parcel.sequence != date.sequence
