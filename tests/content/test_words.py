"""
A lint over every text people read, in every language: no guilt, no gender, no alcohol, no screens, plain words.

The lists of a language are data, in `words`; each of them is shown to catch something, so that a check cannot go quiet
by itself. A new language needs a file there first.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from service.content import ENGLISH, SENTENCES, Content
from service.content.library import load_library
from service.core import errors
from service.core.errors import Refusal
from tests.content.reading import GRADES, count_words

LIBRARY = load_library()
FOLDER = Path(__file__).parent / "words"
WORDS: Mapping[str, Mapping[str, Any]] = {
    path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.toml")
}
LANGUAGES = sorted(LIBRARY.contents)
OTHERS = [each for each in LANGUAGES if each != ENGLISH]
EIGHTH_YEAR = 8.0  # of school; who is in the seventh is about twelve
LONG_ENOUGH = 30  # words, to be measured alone
REFUSALS = {
    each.code: str(each()) for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Refusal)
}


def _find(kind: str, text: str, *, language: str) -> list[str]:
    pattern = re.compile(rf"\b(?:{WORDS[language]['lists'][kind]})\b", re.VERBOSE | re.IGNORECASE)
    return [found[0] for found in pattern.finditer(text)]


def _ideas(content: Content) -> Iterator[tuple[str, str]]:
    for idea in content.ideas.values():
        yield from ((f"ideas.{idea.id}", text) for text in (idea.title, idea.line, *idea.steps))


def _gestures(content: Content) -> Iterator[tuple[str, str]]:
    for gesture in content.gestures.values():
        yield from ((f"gestures.{gesture.id}", text) for text in (gesture.title, gesture.line))


def _messages(content: Content) -> Iterator[tuple[str, str]]:
    for key, mail in content.messages.mails.items():
        yield from ((f"mails.{key}", text) for text in (mail.subject, mail.text))
    for group in SENTENCES:
        yield from ((f"{group}.{code}", text) for code, text in getattr(content.messages, group).items())
    yield from ((f"refusals.{code}", text) for code, text in (content.refusals or REFUSALS).items())


def _texts(language: str) -> list[tuple[str, str]]:
    content = LIBRARY.of(language)
    facts = [(f"evidence.{fact.id}", fact.sentence) for fact in content.evidence.values()]
    return [*_ideas(content), *_gestures(content), *_messages(content), *facts]


TEXTS = {language: _texts(language) for language in LANGUAGES}
KINDS = [(language, kind) for language, words in sorted(WORDS.items()) for kind in words["lists"]]
CAUGHT = [
    (language, kind, text)
    for language, words in sorted(WORDS.items())
    for kind, texts in words["caught"].items()
    for text in texts
]


def test_every_language_has_its_lists_and_its_measure() -> None:
    assert set(WORDS) == set(LANGUAGES) == set(GRADES)
    kinds = {"guilt", "gender", "alcohol", "screens", "pressure"}
    assert all(kinds <= set(words["lists"]) == set(words["caught"]) for words in WORDS.values())


@pytest.mark.parametrize(("language", "kind", "text"), CAUGHT)
def test_every_list_of_words_catches_something(language: str, kind: str, text: str) -> None:
    assert _find(kind, text, language=language)


@pytest.mark.parametrize(("language", "kind"), KINDS)
def test_no_text_holds_such_words(language: str, kind: str) -> None:
    found = [(where, found) for where, text in TEXTS[language] for found in _find(kind, text, language=language)]
    assert found == []


@pytest.mark.parametrize(("language", "kind"), KINDS)
def test_innocent_words_are_not_caught(language: str, kind: str) -> None:
    assert _find(kind, WORDS[language]["innocent"], language=language) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_ideas_and_gestures_never_speak_of_a_phone(language: str) -> None:
    content, phones = LIBRARY.of(language), re.compile(rf"\b(?:{WORDS[language]['phones']})\b", re.IGNORECASE)
    assert [where for where, text in (*_ideas(content), *_gestures(content)) if phones.search(text)] == []
    assert all(phones.search(text) for text in content.messages.phones.values())


def _untidy(text: str) -> bool:
    """Return whether a text holds what a careful writer would not leave: doubled blanks, loud marks, odd dashes."""
    return bool(re.search(r"  |!|\u2026|\.\.\.|[\u2013\u2014]|[ \t]$|\b(\w+) \1\b", text, re.MULTILINE | re.IGNORECASE))


@pytest.mark.parametrize("text", ["two  blanks", "Do it!", "well...", "a \u2014 b", "the the end", "end \nof line"])
def test_untidy_texts_are_caught(text: str) -> None:
    assert _untidy(text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_untidy(language: str) -> None:
    assert [where for where, text in TEXTS[language] if _untidy(text)] == []


def test_german_quotes_open_below_and_close_above() -> None:
    odd = re.compile("[\"'«»”]|„[^“]*(?:„|$)|^[^„]*“")
    assert [where for where, text in TEXTS["de"] if odd.search(text)] == []
    assert all(odd.search(text) for text in ('"so"', "„so", "so“", "„so”", "Ana's"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_titles_are_unlike_each_other(language: str) -> None:
    titles = _titles(LIBRARY.of(language))
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("language", LANGUAGES)
def test_lines_and_steps_end_like_sentences(language: str) -> None:
    content = LIBRARY.of(language)
    lines = [text for idea in content.ideas.values() for text in (idea.line, *idea.steps)]
    lines += [gesture.line for gesture in content.gestures.values()]
    assert [line for line in lines if not re.fullmatch(r"„?[^\W\d_a-zäöü].*[.?]“?", line)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_titles_begin_with_a_capital_and_have_no_full_stop(language: str) -> None:
    assert [title for title in _titles(LIBRARY.of(language)) if title.endswith(".") or not title[0].isupper()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_gesture_shows_nothing_of_itself_on_a_lock_screen_and_touch_comes_only_if_welcome(language: str) -> None:
    mails, kept = LIBRARY.of(language).messages.mails, WORDS[language]["kept"]
    assert {mails[each].subject for each in ("gesture", "gesture_if_welcome")} == {kept["gesture_subject"]}
    assert kept["if_welcome"] in mails["gesture_if_welcome"].text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_date_called_off_reads_another_time(language: str) -> None:
    assert WORDS[language]["kept"]["another_time"] in LIBRARY.of(language).messages.mails["date_called_off"].text


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_is_left_in_english(language: str) -> None:
    english = {text for _, text in TEXTS[ENGLISH] if re.search(r"\w", _without_places(text))}
    assert [where for where, text in TEXTS[language] if text in english] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_grown_up_prose_is_too_hard(language: str) -> None:
    assert GRADES[language](WORDS[language]["age"]["hard"]) > 2 * EIGHTH_YEAR


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_texts_of_a_kind_are_easy_at_twelve(language: str) -> None:
    kinds: dict[str, list[str]] = {}
    for where, text in _prose(language):
        kinds.setdefault(where.partition(".")[0], []).append(text)
    grades = {kind: GRADES[language]("\n".join(texts)) for kind, texts in kinds.items()}
    assert {kind: round(grade, 1) for kind, grade in grades.items() if grade >= EIGHTH_YEAR} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_single_text_that_is_long_enough_to_be_measured_is_too(language: str) -> None:
    whole: dict[str, str] = {}
    for where, text in _prose(language):
        whole[where] = f"{whole.get(where, '')}\n{text}"
    long = {where: GRADES[language](text) for where, text in whole.items() if count_words(text) >= LONG_ENOUGH}
    assert len(long) > len(LIBRARY.ideas) / 2
    assert {where: round(grade, 1) for where, grade in long.items() if grade >= EIGHTH_YEAR} == {}


def _titles(content: Content) -> list[str]:
    return [*(idea.title for idea in content.ideas.values()), *(each.title for each in content.gestures.values())]


def _prose(language: str) -> Iterator[tuple[str, str]]:
    """Yield what is written in sentences, without its places: titles would make it look easier than it is."""
    for where, text in TEXTS[language]:
        if re.search(r"[.?:]$", text.strip()):
            yield where, _without_places(text)


def _without_places(text: str) -> str:
    return re.sub(r"\{\w+\}", "", text)
