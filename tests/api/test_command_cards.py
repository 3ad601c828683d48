"""`pencilin ideas` and `pencilin gestures`: what couples will read, for those who write it."""

import pytest

from service.content import load_content
from tests.api.commands import run

CONTENT = load_content()


def test_a_deck_is_three_ideas_of_different_kinds_that_suit() -> None:
    words = ("--minutes", "30", "--place", "home", "--season", "winter", "--daypart", "night", "--children-asleep")
    deck = run("ideas", *words, "--json").data["ideas"]
    assert len({idea["kind"] for idea in deck}) == 3
    for shown in deck:
        idea = CONTENT.ideas[shown["id"]]
        assert idea.minutes.least + idea.minutes_to_prepare <= 30
        assert (idea.place, idea.sleeping_children_ok) == ("home", True)
        assert "winter" in idea.seasons
        assert "night" in idea.dayparts
        assert shown["reason"]["text"] in CONTENT.messages.idea_reasons.values()
        assert shown["evidence"] in {fact.sentence for fact in CONTENT.evidence.values()}


def test_a_deck_in_words_says_what_is_in_the_catalog() -> None:
    (idea,) = run("ideas", "--count", "1", "--json").data["ideas"]
    said = " ".join(run("ideas", "--count", "1").out.split())
    for text in (idea["title"], idea["line"], *idea["steps"], idea["reason"]["text"], idea["evidence"]):
        assert " ".join(text.split()) in said


def test_a_seed_is_a_couple_with_a_deck_of_its_own() -> None:
    first, again, other = (run("ideas", "--seed", seed, "--json").out for seed in ("a", "a", "b"))
    assert first == again != other


def test_every_idea_is_there_when_all_seasons_and_parts_of_the_day_are_asked_for() -> None:
    shown = {
        idea["id"]
        for season in ("winter", "spring", "summer", "autumn")
        for daypart in ("morning", "afternoon", "evening", "night")
        for idea in run(
            "ideas", "--minutes", "300", "--count", "200", "--season", season, "--daypart", daypart, "--json"
        ).data["ideas"]
    }
    assert shown == set(CONTENT.ideas)


def test_gestures_are_those_asked_for_and_none_comes_twice() -> None:
    words = ("--channel", "touch", "--cue", "before_sleep", "--count", "200", "--json")
    shown = [gesture["id"] for gesture in run("gestures", *words).data["gestures"]]
    wanted = {key for key, each in CONTENT.gestures.items() if (each.channel, each.cue) == ("touch", "before_sleep")}
    assert len(shown) == len(wanted)
    assert set(shown) == wanted
    assert len(run("gestures", "--json").data["gestures"]) == 3


def test_a_gesture_in_words_says_whether_it_needs_a_welcome() -> None:
    for channel, expected in (("touch", True), ("words", False)):
        assert ("Only if it is welcome." in run("gestures", "--channel", channel).out) is expected


def test_ideas_and_gestures_are_printed_in_the_language_asked_for() -> None:
    german = load_content("de")
    (idea,) = run("ideas", "--language", "de", "--count", "1", "--json").data["ideas"]
    assert (idea["title"], idea["line"]) == (german.ideas[idea["id"]].title, german.ideas[idea["id"]].line)
    assert idea["reason"]["text"] in german.messages.idea_reasons.values()
    (gesture,) = run("gestures", "--language", "de-AT", "--count", "1", "--json").data["gestures"]
    assert gesture["line"] == german.gestures[gesture["id"]].line


def test_where_nothing_suits_that_is_said() -> None:
    done = run("ideas", "--minutes", "5")
    assert (done.status, done.out) == (0, "No idea suits that; try more minutes.\n")


@pytest.mark.parametrize(
    "words",
    [
        ("ideas", "--minutes", "0"),
        ("ideas", "--minutes", "1441"),
        ("ideas", "--place", "moon"),
        ("ideas", "--season", "monsoon"),
        ("ideas", "--daypart", "noon"),
        ("ideas", "--count", "0"),
        ("ideas", "--count", "201"),
        ("gestures", "--channel", "mail"),
        ("gestures", "--cue", "noon"),
        ("gestures", "--count", "0"),
        ("gestures", "--language", "tlh"),
        ("ideas", "--language", "German"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_plain_line(words: tuple[str, ...]) -> None:
    done = run(*words)
    assert (done.status, done.out) == (1, "")
    assert done.is_one_plain_line
