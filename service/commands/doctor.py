"""
`pencilin doctor`: looks at everything the service stands on, changes nothing and sends nothing.

What is found is counted over all couples; no line names anybody or quotes what a server said.
"""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from integrations.egress import Egress
from integrations.errors import IntegrationError
from service.actions.health import find_trouble
from service.actions.house import House
from service.commands.errors import Stop
from service.commands.findings import Finding, show
from service.commands.opening import open_existing
from service.core.sync import State as CalendarState
from service.provisions import make_mailbox, make_mailer
from service.settings import Settings, read_settings
from service.store import figures, seals
from service.store.engine import DatabaseError
from service.store.outbox import Kind
from service.store.seals import Seals

_PATIENCE = 30.0  # seconds for all that the database is asked
_LATE = timedelta(minutes=5)  # by then the workers have looked many times
_APART = timedelta(seconds=10)  # leases last minutes
_LATELY = timedelta(days=7)


def run() -> None:
    """Print what was found; ends with 1 where something wants attention."""
    show(asyncio.run(examine(read_settings())))


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything; what cannot be looked at is told, and keeps nothing else from being looked at."""
    return [
        *await _look_inside(settings),
        *await _look_at_mail(settings),
        find_address(settings),
        find_egress(settings),
    ]


async def _look_inside(settings: Settings) -> list[Finding]:
    try:
        house = open_existing(settings)
    except Stop as stopped:
        return [Finding("start", is_well=False, text=_as_sentence(f"{stopped}."))]
    try:
        async with asyncio.timeout(_PATIENCE):
            return await examine_house(house)
    except TimeoutError:
        return [Finding("database", is_well=False, text="It does not answer in time.")]
    finally:
        await house.database.dispose()


async def examine_house(house: House) -> list[Finding]:
    """Look at what only the database tells; it is only read."""
    trouble = await find_trouble(house)
    if trouble is not None:
        return [Finding("database", is_well=False, text=trouble)]
    try:
        return [
            Finding("database", is_well=True, text="It answers, and its schema is the newest."),
            await check_keys(house),
            await _check_clock(house),
            await _check_workers(house),
            await _check_parcels(house),
            await _count_calendars(house),
        ]
    except DatabaseError:
        return [Finding("database", is_well=False, text="It stopped answering.")]


async def check_keys(house: House) -> Finding:
    """Return whether the keys at hand open what is sealed."""
    async with house.database.read() as tx:
        found = await seals.check(tx, vault=house.vault)
    lost = _describe_lost(found)
    if lost:
        return Finding("keys", is_well=False, text=lost)
    used = ", ".join(f"{key} seals {count}" for key, count in sorted(found.by_key.items()))
    return Finding(
        "keys", is_well=True, text=f"{house.vault.current} seals what is new; {used or 'nothing is sealed yet'}."
    )


def _describe_lost(found: Seals) -> str:
    if found.without_key:
        return (
            f"{found.without_key} of {found.count} secrets are sealed by keys that are not in the key file: put the"
            " older keys back below the newest, or have those calendars connected again."
        )
    if found.closed:
        return "Some secrets do not open: a key has another's name, or rows were changed. Put the right key file back."
    return ""


async def _check_clock(house: House) -> Finding:
    before = house.now()
    async with house.database.read() as tx:
        theirs = await figures.read_clock(tx)
    apart = max(before - theirs, theirs - house.now(), timedelta(0))
    if apart > _APART:
        text = (
            f"It is {apart.total_seconds():.0f} seconds away from the database's: let both machines follow one clock."
        )
        return Finding("clock", is_well=False, text=text)
    return Finding("clock", is_well=True, text="It agrees with the database's.")


async def _check_workers(house: House) -> Finding:
    now = house.now()
    async with house.database.read() as tx:
        due = await figures.find_due(tx, now=now)
    late = max((now - since for since in due.values() if since is not None), default=timedelta(0))
    if late > _LATE:
        text = (
            f"Something has been due for {late // timedelta(minutes=1)} minutes: let `pencilin serve` or `pencilin"
            " work` run, or more of them."
        )
        return Finding("workers", is_well=False, text=text)
    return Finding("workers", is_well=True, text="Nothing has been due for long.")


async def _check_parcels(house: House) -> Finding:
    async with house.database.read() as tx:
        dead = await figures.count_dead(tx, since=house.now() - _LATELY)
    if not house.sends_mail:
        dead = {kind: count for kind, count in dead.items() if kind is Kind.ENTRY}
    if dead:
        counts = ", ".join(f"{count} {kind}" for kind, count in dead.items())
        text = f"Given up in the last week: {counts}. Look at the mail server; who they were for sees what to do."
        return Finding("parcels", is_well=False, text=text)
    return Finding("parcels", is_well=True, text="None was given up in the last week.")


async def _count_calendars(house: House) -> Finding:
    async with house.database.read() as tx:
        counts = await figures.count_calendars(tx, now=house.now())
    told = ", ".join(f"{counts[state]} {state}" for state in CalendarState if counts[state])
    # one that fails is its owner's to mend, and they are told; all of them at once are the operator's
    out = sum(counts.values()) > 0 and not counts[CalendarState.HEALTHY] and not counts[CalendarState.NEW]
    if out:
        return Finding("calendars", is_well=False, text=f"{told}: no server is reached. Look at the way out.")
    return Finding("calendars", is_well=True, text=f"{told or 'None yet'}.")


async def _look_at_mail(settings: Settings) -> list[Finding]:
    try:
        mailer, mailbox = make_mailer(settings), make_mailbox(settings)
    except ValueError:
        text = "A mail password needs TLS: see PENCILIN_SMTP_TLS and PENCILIN_IMAP_TLS."
        return [Finding("mail", is_well=False, text=text)]
    if mailer is None:
        found = [Finding("mail", is_well=True, text="No mail server is set (PENCILIN_SMTP_HOST), so none goes out.")]
    elif settings.mail_from == Settings.model_fields["mail_from"].default:
        text = "Mails would come from a made-up address: set PENCILIN_MAIL_FROM."
        found = [Finding("mail", is_well=False, text=text)]
    else:
        found = [await _greet("mail", mailer.check(sender=settings.mail_from), prefix="PENCILIN_SMTP_")]
    return found if mailbox is None else [*found, await _greet("mailbox", mailbox.check(), prefix="PENCILIN_IMAP_")]


async def _greet(about: str, check: Awaitable[None], *, prefix: str) -> Finding:
    try:
        await check
    except IntegrationError as error:  # its text is ours, and holds nothing that a server said
        return Finding(about, is_well=False, text=_as_sentence(f"{error}: see {prefix}…."))
    return Finding(about, is_well=True, text="It answers, and takes the login where one is set.")


def _as_sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


def find_address(settings: Settings) -> Finding:
    """Return whether links lead to where people can go."""
    try:
        place = urlsplit(settings.public_url)
        host = place.hostname or ""
    except ValueError:
        host = ""
    if not host or place.scheme not in {"https", "http"}:
        return Finding("address", is_well=False, text="PENCILIN_PUBLIC_URL is no web address.")
    if _is_here(host):
        text = "PENCILIN_PUBLIC_URL leads to this machine only"
        if settings.smtp_host is not None:
            return Finding("address", is_well=False, text=f"{text}, and so would the links in mails.")
        return Finding("address", is_well=True, text=f"{text}, which is enough to try it out.")
    if place.scheme == "http":
        return Finding("address", is_well=False, text="PENCILIN_PUBLIC_URL is not https, and its links are secrets.")
    return Finding("address", is_well=True, text="Links lead to an https address.")


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def find_egress(settings: Settings) -> Finding:
    """Return whether calls go out to no more than they have to."""
    openings = Egress.parse(settings.egress_allow).openings
    if any(each.network is not None and each.network.prefixlen == 0 for each in openings):
        text = "PENCILIN_EGRESS_ALLOW opens every address, your own network's too: name the servers instead."
        return Finding("egress", is_well=False, text=text)
    besides = f" Besides, PENCILIN_EGRESS_ALLOW opens {len(openings)}." if openings else ""
    return Finding("egress", is_well=True, text=f"Public https addresses may be called.{besides}")
