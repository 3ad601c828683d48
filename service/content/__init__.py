"""
What we say and suggest, as data: ideas, gestures and the texts of mails, one folder per language (ISO 639-1).

`ideas.toml`, `gestures.toml` and `evidence.toml` are the catalogs (see `service.content.catalogs`).
`messages.toml` holds mails, whose ``{placeholders}`` are filled with ready-made words, and sentences by code.
`refusals.toml` says by code what the docstrings of `service.core.errors` say in English, which has no such file.
"""

import inspect
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Formatter
from types import MappingProxyType
from typing import Any

from service.content.catalogs import Fact, read_fact, read_gesture, read_idea
from service.content.schema import ContentError, Record
from service.content.translations import Tables, translate
from service.core import decks, errors, ideas
from service.core.errors import Refusal
from service.core.gestures import Gesture
from service.core.ideas import Idea

__all__ = ["ENGLISH", "MAILS", "SENTENCES", "Content", "ContentError", "MailText", "Messages", "load_content"]

ENGLISH = "en"

_ABOUT_A_DATE = frozenset({"when", "title", "line", "steps", "link"})
MAILS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "joined_invitation": frozenset({"name", "link"}),
        "date_pencilled": _ABOUT_A_DATE,
        "date_held": _ABOUT_A_DATE,
        "date_filled_in": _ABOUT_A_DATE,
        "date_invitation": _ABOUT_A_DATE,
        "date_moved": _ABOUT_A_DATE,
        "date_confirmed": _ABOUT_A_DATE,
        "date_changed": _ABOUT_A_DATE,
        "date_called_off": frozenset({"when", "title", "link"}),
        "date_clash": frozenset({"when", "link"}),
        "date_not_possible": frozenset({"when", "link"}),
        "date_answer_was_stale": frozenset({"when", "title", "link"}),
        "date_cover_lost": frozenset({"when", "link"}),
        "date_cover_asked": frozenset({"when", "link"}),
        "date_cover_arranged": frozenset({"when", "link"}),
        "date_cover_found": frozenset({"when", "link"}),
        "helper_asked": frozenset({"names", "when", "place", "link"}),
        "helper_thanks": frozenset({"names", "when"}),
        "date_not_delivered": frozenset({"when", "title", "link"}),
        "gesture": frozenset({"title", "line", "link", "aside"}),
        "gesture_if_welcome": frozenset({"title", "line", "link", "aside"}),
        "week": frozenset({"times", "idea", "line", "link"}),
        "calendar_needs_you": frozenset({"sentence"}),
    }
)
"""Every mail there is, and the placeholders that its sender has words for."""

SENTENCES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "slot_reasons": ("both_rested", "friday_evening", "weekend", "long_enough_for_dinner", "soon"),
        "idea_reasons": decks.REASONS,
        "phones": ideas.PHONES,
        "calendar_causes": (
            "calendar_auth",
            "app_password_needed",
            "calendar_method",
            "calendar_forbidden",
            "calendar_unreachable",
            "calendar_too_slow",
            "calendar_silent",
            "calendar_not_found",
            "address_not_allowed",
            "not_a_calendar",
            "entries_unreadable",
        ),
        "entry_troubles": (
            "mail_returned",
            "mail_refused",
            "calendar_refused",
            "calendar_gone",
            "not_delivered",
            "still_there",
        ),
        "consents": ("confirm", "yes", "no", "connected"),
        "entry_titles": ("time_together", "busy"),
        "times": ("one_day", "two_days", "in_zone"),
        "date_page": (
            "asks",
            "tentative",
            "confirmed",
            "another_time",
            "over",
            "clash",
            "cover_lost",
            "yes",
            "keep",
            "small",
            "others",
            "none",
            "no",
            "file",
            "nothing",
        ),
        "cover": ("lost", "asked", "arranged", "pass_on", "helper", "home", "slot"),
        "helper_page": ("asks", "comes", "cannot", "settled", "whom", "yes", "no", "change"),
        "rhythm": ("not_this_week",),
        "gesture_page": (
            "done",
            "later",
            "never",
            "fewer",
            "welcome",
            "private",
            "said_done",
            "said_later",
            "said_never",
            "said_fewer",
            "close",
        ),
        "week_page": ("times", "none", "idea"),
        "push": ("title", "text", "open", "test", "by_mail"),
    }
)
"""The groups of sentences, and the codes that each of them puts into words."""

_SENTENCE, _SUBJECT, _TEXT = 160, 60, 800
_FILES = ("ideas.toml", "gestures.toml", "evidence.toml", "messages.toml")
_REFUSALS = "refusals.toml"


@dataclass(frozen=True, slots=True)
class MailText:
    """Subject and plain text of a mail; paragraphs are parted by an empty line."""

    subject: str
    text: str

    def fill(self, **words: str) -> "MailText":
        """Put `words` in the places named for them; those without a place are left out. Raises `KeyError`."""
        return MailText(self.subject.format_map(words), self.text.format_map(words))


@dataclass(frozen=True, slots=True)
class Messages:
    """Mails by id (see `MAILS`), and sentences by group and code (see `SENTENCES`)."""

    mails: Mapping[str, MailText]
    slot_reasons: Mapping[str, str]
    idea_reasons: Mapping[str, str]
    phones: Mapping[str, str]
    calendar_causes: Mapping[str, str]
    entry_troubles: Mapping[str, str]
    consents: Mapping[str, str]
    entry_titles: Mapping[str, str]
    times: Mapping[str, str]
    date_page: Mapping[str, str]
    cover: Mapping[str, str]
    helper_page: Mapping[str, str]
    rhythm: Mapping[str, str]
    gesture_page: Mapping[str, str]
    week_page: Mapping[str, str]
    push: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Content:
    """
    All words of one language; ideas, gestures and facts by id, in the order of their files.

    `locale` is the language tag (BCP 47) of whoever reads them, such as ``de`` or ``de-AT``: it decides how dates and
    times are written. `refusals` is empty in English, where a refusal speaks for itself.
    """

    locale: str
    ideas: Mapping[str, Idea]
    gestures: Mapping[str, Gesture]
    evidence: Mapping[str, Fact]
    messages: Messages
    refusals: Mapping[str, str]

    def say(self, refusal: Refusal) -> str:
        """Say a refusal in this language; only English has more to say than its code."""
        return self.refusals.get(refusal.code, str(refusal))


def load_content(language: str = ENGLISH, *, root: Traversable | None = None) -> Content:
    """Read and check the files of one language below `root`, our own by default; raises `ContentError`."""
    root = root or files(__name__)
    tables = _read(root / ENGLISH)
    content = _content(tables, language=ENGLISH)
    if language == ENGLISH:
        return content
    words = _read(root / language, *_FILES, _REFUSALS)
    wanted = {**tables, _REFUSALS: _refusals()}
    return _content(translate(wanted, words, language=language), language=language)


def _content(tables: Tables, *, language: str) -> Content:
    ideas_, gestures, evidence, messages = (Record(tables[name], where=f"{language}/{name}") for name in _FILES)
    facts = {key: read_fact(key, row) for key, row in evidence.rows().items()}
    refusals = Record(tables.get(_REFUSALS, {}), where=f"{language}/{_REFUSALS}")
    return Content(
        locale=language,
        ideas=MappingProxyType({key: read_idea(key, row, facts=facts) for key, row in ideas_.rows().items()}),
        gestures=MappingProxyType({key: read_gesture(key, row) for key, row in gestures.rows().items()}),
        evidence=MappingProxyType(facts),
        messages=_messages(messages),
        refusals=_sentences(refusals, codes=tuple(tables.get(_REFUSALS, {}))),
    )


def _refusals() -> dict[str, str]:
    """Return what refusals say in English, by their codes."""
    kinds = [each for each in vars(errors).values() if inspect.isclass(each) and issubclass(each, Refusal)]
    return {each.code: str(each()) for each in kinds}


def _read(folder: Traversable, *names: str) -> Tables:
    return {name: _open(folder, name) for name in names or _FILES}


def _open(folder: Traversable, name: str) -> Mapping[str, Any]:
    where = f"{folder.name}/{name}"
    try:
        return tomllib.loads((folder / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ContentError(f"{where}: there is no such file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ContentError(f"{where}: {error}") from None


def _messages(record: Record) -> Messages:
    mails = record.table("mails")
    groups = {group: _sentences(record.table(group), codes=codes) for group, codes in SENTENCES.items()}
    messages = Messages(
        mails=MappingProxyType({key: _mail(mails.table(key), places=places) for key, places in MAILS.items()}),
        **groups,
    )
    mails.close()
    record.close()
    return messages


def _sentences(row: Record, *, codes: tuple[str, ...]) -> Mapping[str, str]:
    sentences = {code: row.text(code, most=_SENTENCE) for code in codes}
    row.close()
    return MappingProxyType(sentences)


def _mail(row: Record, *, places: frozenset[str]) -> MailText:
    mail = MailText(subject=row.text("subject", most=_SUBJECT), text=row.text("text", most=_TEXT))
    row.close()
    for field, text in (("subject", mail.subject), ("text", mail.text)):
        try:
            used = {place for _, place, _, _ in Formatter().parse(text) if place is not None}
        except ValueError:
            raise row.error(field, "has an unmatched brace") from None
        if not used <= places:
            raise row.error(field, f"has a placeholder other than {', '.join(sorted(places))}")
    return mail
