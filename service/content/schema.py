"""
Reading one record of a content file strictly: every field is wanted, checked, and named when it is wrong.

Texts in content files are our own words, never a person's, so errors may quote their place freely.
"""

import re
from collections.abc import Collection, Mapping
from string import Formatter

_SLUG = re.compile(r"[a-z]+(_[a-z]+)*")


class ContentError(Exception):
    """A content file does not hold what it should; the text names the file, the record and the field."""


def find_places(text: object) -> frozenset[str]:
    """Return the names of the ``{places}`` in a text; none in what is no text, or has a brace without its other."""
    try:
        return frozenset(place for _, place, _, _ in Formatter().parse(str(text)) if place is not None)
    except ValueError:
        return frozenset()


class Record:
    """
    The fields of one record, each taken once; `close` refuses what nobody took.

    Every reader raises `ContentError` where the field is absent, of another type, or outside its bounds.
    """

    def __init__(self, values: object, *, where: str) -> None:
        self.where = where
        if not isinstance(values, Mapping):
            raise ContentError(f"{where}: is not a table")
        self._left: dict[str, object] = dict(values)

    def error(self, field: str, problem: str) -> ContentError:
        return ContentError(f"{self.where}: {field} {problem}")

    def text(self, field: str, *, most: int) -> str:
        """Return a text of 1 to `most` characters."""
        value = self._take(field)
        if not isinstance(value, str) or not 1 <= len(value.strip()) <= most:
            raise self.error(field, f"has to be a text of 1 to {most} characters")
        return value.strip()

    def texts(self, field: str, *, count: int, most: int) -> tuple[str, ...]:
        """Return 1 to `count` texts of 1 to `most` characters each."""
        values = self._take(field)
        if not isinstance(values, list) or not 1 <= len(values) <= count:
            raise self.error(field, f"has to be a list of 1 to {count} texts")
        if not all(isinstance(value, str) and 1 <= len(value) <= most for value in values):
            raise self.error(field, f"has to hold texts of 1 to {most} characters")
        return tuple(values)

    def number(self, field: str, *, least: int, most: int) -> int:
        """Return a whole number within the bounds, both included."""
        value = self._take(field)
        # a bool is an int to Python, not to us
        if type(value) is not int or not least <= value <= most:
            raise self.error(field, f"has to be a whole number from {least} to {most}")
        return value

    def flag(self, field: str, *, default: bool | None = None) -> bool:
        value = self._take(field) if default is None else self._left.pop(field, default)
        if not isinstance(value, bool):
            raise self.error(field, "has to be true or false")
        return value

    def choice(self, field: str, words: Collection[str]) -> str:
        value = self._take(field)
        if value not in words:
            raise self.error(field, f"has to be one of {', '.join(words)}")
        return str(value)

    def choices(self, field: str, words: Collection[str], *, least: int = 1) -> frozenset[str]:
        values = self._take(field)
        if not isinstance(values, list) or len(values) < least or not all(value in words for value in values):
            raise self.error(field, f"has to be a list of at least {least} out of {', '.join(words)}")
        return frozenset(values)

    def table(self, field: str) -> "Record":
        return Record(self._take(field), where=f"{self.where}: {field}")

    def rows(self) -> dict[str, "Record"]:
        """Return every field as a record of its own, by its id."""
        return {key: self.table(self._checked(key)) for key in list(self._left)}

    def close(self) -> None:
        if self._left:
            raise self.error(next(iter(self._left)), "is not a known field")

    def _take(self, field: str) -> object:
        if field not in self._left:
            raise self.error(field, "is not there")
        return self._left.pop(field)

    def _checked(self, key: str) -> str:
        if not _SLUG.fullmatch(key):
            raise self.error(key, "is not an id: lower-case words joined by _")
        return key
