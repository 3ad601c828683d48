"""
Laying another language's words over the English records.

What a record is, an idea's minutes or the mails there are, stands once, in the English files. Those of another language
hold words only, under the same ids and with the same ``{places}``, and leave nothing out.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from service.content.schema import ContentError, find_places

Tables = Mapping[str, Mapping[str, Any]]
"""What the files of a language hold, by the files' names."""

WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"ideas.toml": ("title", "line", "steps"), "gestures.toml": ("title", "line"), "evidence.toml": ("sentence",)}
)
"""The files whose records have more to them than words, and the fields that are words."""


def translate(english: Tables, words: Tables, *, language: str) -> Tables:
    """
    Return the English tables with the words of `language`.

    Raises `ContentError`, which names every text that is not translated, and every one that is too much.
    """
    problems = [
        f"{language}/{name}: {problem}"
        for name, table in english.items()
        for problem in _compare(_words_of(table, name=name), words[name], at="")
    ]
    if problems:
        raise ContentError("\n".join(problems))
    return {name: _lay(table, words[name]) if name in WORDS else words[name] for name, table in english.items()}


def _words_of(table: Mapping[str, Any], *, name: str) -> Mapping[str, Any]:
    fields = WORDS.get(name)
    return table if fields is None else {key: {each: row[each] for each in fields} for key, row in table.items()}


def _lay(table: Mapping[str, Any], words: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: {**row, **words[key]} for key, row in table.items()}


def _compare(english: Mapping[str, Any], words: Mapping[str, Any], *, at: str) -> Iterator[str]:
    for key in dict.fromkeys((*english, *words)):
        if key not in words:
            yield f"{at}{key} is not translated"
        elif key not in english:
            yield f"{at}{key} is nothing that the English file has"
        else:
            yield from _compare_one(english[key], words[key], at=f"{at}{key}")


def _compare_one(english: object, words: object, *, at: str) -> Iterator[str]:
    if isinstance(english, Mapping) != isinstance(words, Mapping):
        yield f"{at} is a table in one of the two only"
    elif isinstance(english, Mapping) and isinstance(words, Mapping):
        yield from _compare(english, words, at=f"{at}.")
    elif find_places(english) != find_places(words):
        yield f"{at} has to have the places of the English text: {', '.join(sorted(find_places(english))) or 'none'}"
