"""The way of a mail, out into a sink and back through a mailbox; and what a mail app answers."""

import re
from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.policy import SMTP

from integrations.mail.smtp import Mailer
from service.actions import dates as actions
from service.core.interval import Interval
from service.store import entries
from service.store.dates import Kept
from service.workers.inbox import Inbox
from tests.outside.mailboxes import ImapServer
from tests.servers import SmtpSink
from tests.workers.test_mails import calendar_part, method_of
from tests.workers.world import LATER, Home


@dataclass
class Post:
    """The way of a mail: out through the courier into the sink, back through the mailbox into the inbox."""

    home: Home
    sink: SmtpSink
    mailer: Mailer
    server: ImapServer
    inbox: Inbox

    async def invite(self) -> tuple[Kept, EmailMessage]:
        """Let Ana pencil in a date; return it with the invitation that Ben got."""
        kept = await self.home.pencil_in()
        await self.deliver()
        return kept, self.latest_request()

    async def deliver(self) -> None:
        await self.home.courier(mailer=self.mailer).run()

    def latest_request(self) -> EmailMessage:
        to_ben = [each.message for each in self.sink.received if each.recipients == (self.home.ben.address,)]
        return [mail for mail in to_ben if method_of(mail) == "REQUEST"][-1]

    def subjects(self, name: str) -> list[str]:
        address = f"{name}@example.org"
        return [str(each.message["Subject"]) for each in self.sink.received if each.recipients == (address,)]

    async def receive(self, *mails: bytes) -> int:
        """Put mails into the mailbox, and let the inbox visit it."""
        for mail in mails:
            self.server.append(mail)
        return await self.inbox.run()

    async def see(self, kept: Kept) -> Kept:
        return await actions.see(self.home.house, partner=self.home.ana, date_id=kept.date.id)

    async def move(self, kept: Kept, time: Interval = LATER) -> None:
        now = self.home.clock()
        await actions.move(
            self.home.house, partner=self.home.ana, date_id=kept.date.id, time=time, version=None, now=now
        )

    async def rename(self, kept: Kept, uid: str) -> None:
        """Give Ben's entry another UID."""
        entry = await self.home.entry(self.home.ben, kept.date.id)
        async with self.home.house.database.write() as tx:
            await entries.save(tx, replace(entry, uid=uid))


def answer_to(
    invitation: EmailMessage, partstat: str, *, propose: Interval | None = None, to: str | None = None
) -> bytes:
    """Return what a mail app sends when somebody answers; with `propose` another time."""
    asked = calendar_part(invitation).decode()
    method = "REPLY" if propose is None else "COUNTER"
    kept = [re.findall(rf"^{name}:.*$", asked, re.MULTILINE)[0].strip() for name in ("UID", "SEQUENCE")]
    times = (
        [] if propose is None else [f"DTSTART:{propose.start:%Y%m%dT%H%M%SZ}", f"DTEND:{propose.end:%Y%m%dT%H%M%SZ}"]
    )
    event = ["BEGIN:VEVENT", *kept, *times, f"ATTENDEE;PARTSTAT={partstat}:mailto:somebody@example.com", "END:VEVENT"]
    text = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", f"METHOD:{method}", *event, "END:VCALENDAR", ""])
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "somebody@example.com"
    mail["To"] = to or invitation["From"]
    mail["Subject"] = "An answer"
    mail.set_content("Xyzzyplugh")
    mail.add_alternative(text.encode(), maintype="text", subtype="calendar", params={"method": method})
    return mail.as_bytes()
