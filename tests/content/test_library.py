"""Which language is for whom."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.content.library import Library, load_library
from service.core.errors import Invalid, NotFound, SlotTaken
from tests.store.people import ANNA

LIBRARY = load_library()


@pytest.mark.parametrize(
    ("tag", "kept"), [("de", "de"), ("DE", "de"), ("de-at", "de-AT"), ("en-US", "en-US"), ("de-DE-1996", "de-DE")]
)
def test_a_language_is_kept_with_its_country_or_without(tag: str, kept: str) -> None:
    assert LIBRARY.check_language(tag) == kept
    assert LIBRARY.of(tag).locale == kept


@pytest.mark.parametrize("tag", ["", "fr", "english", "de_DE", "de-", "d", "de-XX-ü", "../de", "de" + "-abcdefgh" * 20])
def test_a_language_that_we_have_no_words_in_is_refused(tag: str) -> None:
    with pytest.raises(Invalid, match=r"^Languages are: de, en;"):
        LIBRARY.check_language(tag)


def test_who_reads_a_language_that_is_gone_reads_english() -> None:
    anna = replace(ANNA, language="fr-CA")
    assert LIBRARY.of(anna.language).locale == "en"


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT, de;q=0.9, en;q=0.8", "de-AT"),
        ("en;q=0.2, de;q=0.3", "de"),
        ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "en"),
        ("de;q=0, en;q=0.1", "en"),
        ("de;q=2, x;;, ,\u00e4", "en"),
        ("*", "en"),
        (",".join(["fr"] * 10_000), "en"),
    ],
)
def test_a_browser_tells_which_language_it_wants_most(accepted: str, chosen: str) -> None:
    assert LIBRARY.choose_language(accepted) == chosen


@given(st.text() | st.lists(st.sampled_from(("de", "en-US", "de-AT", "*", "xx", ";q=0", ";q=0.5", " "))).map(",".join))
def test_whatever_a_browser_sends_one_of_our_languages_is_chosen(accepted: str) -> None:
    chosen = LIBRARY.choose_language(accepted)
    assert LIBRARY.check_language(chosen) == chosen


def test_ideas_and_gestures_to_choose_among_are_the_same_in_every_language() -> None:
    for content in LIBRARY.contents.values():
        assert (list(content.ideas), list(content.gestures)) == (list(LIBRARY.ideas), list(LIBRARY.gestures))


def test_a_refusal_is_said_in_the_readers_language() -> None:
    assert LIBRARY.of("de").say(SlotTaken()) == "Diese Zeit ist nicht mehr für euch beide frei. Bitte nimm eine andere."
    assert LIBRARY.of("en").say(NotFound("There is no such idea.")) == "There is no such idea."


def test_a_refusal_without_words_in_that_language_is_said_in_english() -> None:
    content = replace(LIBRARY.of("de"), refusals={})
    assert Library({"en": content}).of("de").say(SlotTaken()).startswith("That time is no longer free")
