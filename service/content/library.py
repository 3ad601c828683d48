"""
Our words in every language, and which of them are for whom.

A language is a tag (BCP 47) of one that we have words in, with a country or without: ``de``, ``de-AT``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

from babel import Locale, UnknownLocaleError

from service.content import ENGLISH, Content, load_content
from service.core.errors import Invalid
from service.core.gestures import Gesture
from service.core.ideas import Idea

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_WISH = re.compile(rf"\s*({_TAG.pattern})\s*(?:;\s*q=(0(?:\.\d*)?|1(?:\.0*)?)\s*)?", re.ASCII)
_MOST_WISHES = 20


@dataclass(frozen=True, slots=True)
class Library:
    """The words by language; which ideas and gestures there are is the same in all of them."""

    contents: Mapping[str, Content]

    @property
    def ideas(self) -> Mapping[str, Idea]:
        """Every idea, to choose among; who reads of one reads it in their language (see `of`)."""
        return self.contents[ENGLISH].ideas

    @property
    def gestures(self) -> Mapping[str, Gesture]:
        """Every gesture, likewise."""
        return self.contents[ENGLISH].gestures

    def of(self, language: str) -> Content:
        """Return the words for who reads that language; English where it is none of ours any more."""
        known = self._find(language) or ENGLISH
        return replace(self.contents[_language_of(known)], locale=known)

    def check_language(self, tag: str) -> str:
        """Return the tag as we keep it; raises `Invalid` for a language that we have no words in."""
        known = self._find(tag)
        if known is None:
            raise Invalid(f"Languages are: {', '.join(sorted(self.contents))}; with a country too, such as en-US.")
        return known

    def choose_language(self, accepted: str) -> str:
        """Return the most wanted of our languages in an Accept-Language header (RFC 9110, 12.5.4), or else English."""
        wishes = [_WISH.fullmatch(each) for each in accepted.split(",")[:_MOST_WISHES]]
        tags = [(float(wish[3] or 1), wish[1]) for wish in wishes if wish]
        known = [self._find(tag) for weight, tag in sorted(tags, key=lambda each: -each[0]) if weight]
        return next((each for each in known if each), ENGLISH)

    def _find(self, tag: str) -> str | None:
        if not _TAG.fullmatch(tag) or _language_of(tag) not in self.contents:
            return None
        try:
            locale = Locale.parse(tag, sep="-")
        except (ValueError, UnknownLocaleError):
            return None
        return f"{locale.language}-{locale.territory}" if locale.territory else locale.language


def load_library(*, root: Traversable | None = None) -> Library:
    """Read and check every language below `root`, our own by default; raises `ContentError`."""
    folders = (root or files("service.content")).iterdir()
    languages = sorted(each.name for each in folders if each.is_dir() and _TAG.fullmatch(each.name))
    return Library(MappingProxyType({each: load_content(each, root=root) for each in languages}))


def _language_of(tag: str) -> str:
    return tag.partition("-")[0].lower()
