"""Ben before his mail program: what the household sends him arrives there, and his answers at the service's address."""

from dataclasses import dataclass
from pathlib import Path

from integrations.mail.inbox import Mailbox
from integrations.mail.smtp import Mailer
from service.core.dates import Status
from service.store import dates
from service.workers.inbox import Inbox
from tests.interop.clients.mails import find_header
from tests.interop.postoffice import Mail, PostOffice
from tests.interop.thunderbird import Bar, Item, Thunderbird
from tests.workers.world import DOMAIN, Home

RESULTS = Path(__file__).parents[3] / "build" / "thunderbird"
BEN = "ben@example.org"
NAME = "Benoît"
ZONE = "Europe/Athens"
PATIENCE = 20.0  # seconds


@dataclass(frozen=True, slots=True)
class Invited:
    """A date to which Ben is invited: its UID for him, and the address at which his answer is expected."""

    date_id: str
    uid: str
    address: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One household, and the mail program, which keeps what came before."""

    home: Home
    office: PostOffice
    thunderbird: Thunderbird

    async def invite(self) -> Invited:
        """Let Ana pencil in a date."""
        kept = await self.home.pencil_in(idea_id="walk_to_the_river")
        uid = (await self.home.entry(self.home.ben, kept.date.id)).uid
        return Invited(kept.date.id, uid, f"date+{uid}@{DOMAIN}")

    async def receive(self) -> Bar:
        """Let the household send what is due, fetch it, and open the last of it."""
        await self.home.courier(mailer=Mailer("127.0.0.1", self.office.smtp, tls="none")).run()
        self.thunderbird.fetch_mail()
        last = self.office.list_sent_to(BEN)[-1]
        return self.thunderbird.open_mail(find_header(last.content, "Message-ID"))

    def wait_for_replies(self, invited: Invited, *, count: int) -> list[Mail]:
        """Return what came to the address of that date, as soon as it is so many mails."""
        return self.office.wait_for(invited.address, count=count, timeout=PATIENCE)

    async def hand_over(self, reply: Mail, *, invited: Invited) -> Status:
        """Give an answer that was caught to the service as it reads its mailbox; return what the date is then."""
        nobodys = Mailbox("127.0.0.1", self.office.pop, tls="none")  # nothing is asked of it
        await Inbox(self.home.house, nobodys, domain=DOMAIN).take(reply.content)
        async with self.home.house.database.read() as tx:
            kept = await dates.find(tx, couple_id=self.home.ben.couple_id, date_id=invited.date_id)
        return kept.date.status

    def list_items(self, invited: Invited) -> list[Item]:
        """Return the entries of that date in the calendar of Ben's mail program."""
        return [each for each in self.thunderbird.list_items() if each.uid == invited.uid]
