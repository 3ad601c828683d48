"""The catalog as a whole: what a couple can count on finding in it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from service.content import MAILS, Content, load_content
from service.core.gestures import CHANNELS, CUES
from service.core.ideas import ENERGIES, KINDS, Idea, fit, suggest
from service.core.interval import Interval

BERLIN = ZoneInfo("Europe/Berlin")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
AT_HOME = ("home", "doorstep")


@pytest.fixture(scope="module")
def content() -> Content:
    return load_content()


@pytest.fixture(scope="module")
def ideas(content: Content) -> list[Idea]:
    return list(content.ideas.values())


def test_there_are_24_ideas_and_16_gestures(content: Content) -> None:
    assert (len(content.ideas), len(content.gestures)) == (24, 16)


def test_every_record_is_found_under_its_own_id(content: Content) -> None:
    assert all(key == idea.id for key, idea in content.ideas.items())
    assert all(key == gesture.id for key, gesture in content.gestures.items())


def test_at_least_half_of_the_ideas_are_free(ideas: list[Idea]) -> None:
    assert sum(idea.cost == "free" for idea in ideas) * 2 >= len(ideas)


def test_at_least_two_in_five_ideas_work_at_home_while_children_sleep(ideas: list[Idea]) -> None:
    assert sum(idea.sleeping_children_ok and idea.place in AT_HOME for idea in ideas) * 5 >= len(ideas) * 2


def test_every_kind_and_every_energy_is_there(ideas: list[Idea]) -> None:
    assert {idea.kind for idea in ideas} == set(KINDS)
    assert {idea.energy for idea in ideas} == set(ENERGIES)
    assert max(Counter(idea.kind for idea in ideas).values()) <= len(ideas) // 5


def test_ideas_away_from_home_need_somebody_with_the_children(ideas: list[Idea]) -> None:
    assert all(("sitter" in idea.needs) == (idea.place not in AT_HOME) for idea in ideas)


def test_touch_is_always_only_if_welcome(content: Content) -> None:
    assert all(idea.only_if_welcome for idea in content.ideas.values() if idea.touch != "none")
    assert all(gesture.only_if_welcome for gesture in content.gestures.values() if gesture.channel == "touch")


def test_the_three_small_details_are_there(content: Content) -> None:
    assert {"foot_rub", "back_tickle", "shoulder_rub"} <= set(content.gestures)


def test_gestures_come_through_every_channel_at_every_cue(content: Content) -> None:
    assert {gesture.channel for gesture in content.gestures.values()} == set(CHANNELS)
    assert {gesture.cue for gesture in content.gestures.values()} == set(CUES)


@pytest.mark.parametrize("month", [1, 4, 7, 10])
@pytest.mark.parametrize("hour", [9, 14, 19, 21])
def test_twenty_minutes_at_home_are_enough_in_every_season_and_part_of_the_day(
    ideas: list[Idea], month: int, hour: int
) -> None:
    start = datetime(2026, month, 15, hour, tzinfo=BERLIN).astimezone(UTC)
    slot = Interval(start, start + timedelta(minutes=20))
    assert suggest(ideas, slot=slot, zones=(BERLIN, BERLIN), recent=(), seed="s", children_asleep=True)


@pytest.mark.parametrize("month", [1, 4, 7, 10])
def test_a_tired_thursday_at_nine_has_a_full_deck_of_different_kinds(ideas: list[Idea], month: int) -> None:
    start = datetime(2026, month, 15, 21, tzinfo=BERLIN).astimezone(UTC)
    slot = Interval(start, start + timedelta(minutes=45))
    deck = suggest(ideas, slot=slot, zones=(BERLIN, BERLIN), recent=(), seed="s", children_asleep=True)
    assert len({suggestion.idea.kind for suggestion in deck}) == 3
    assert all(slot.contains(fit(suggestion.idea, slot)) for suggestion in deck)


def test_partners_nine_hours_apart_find_something(ideas: list[Idea]) -> None:
    start = datetime(2026, 10, 15, 18, tzinfo=UTC)  # 20:00 in Berlin, 11:00 in Los Angeles
    slot = Interval(start, start + timedelta(minutes=60))
    assert suggest(ideas, slot=slot, zones=(BERLIN, LOS_ANGELES), recent=(), seed="s")


@pytest.mark.parametrize("mail", sorted(MAILS))
def test_every_mail_fills_every_place(content: Content, mail: str) -> None:
    words = {place: f"<{place}>" for place in MAILS[mail]}
    filled = content.messages.mails[mail].fill(**words)
    assert "{" not in filled.subject + filled.text


def test_braces_in_a_name_are_shown_as_they_are(content: Content) -> None:
    filled = content.messages.mails["joined_invitation"].fill(name="{link}{0.x}", link="https://example.org/j/1")
    assert filled.subject.startswith("{link}{0.x} ")


@pytest.mark.parametrize("mail", ["gesture", "gesture_if_welcome"])
def test_a_gesture_shows_nothing_of_itself_on_a_lock_screen(content: Content, mail: str) -> None:
    text = content.messages.mails[mail]
    assert text.subject == "A small thought for today"


def test_a_gesture_of_touch_says_only_if_it_is_welcome(content: Content) -> None:
    assert "Only if it is welcome" in content.messages.mails["gesture_if_welcome"].text


def test_a_date_called_off_names_nobody_and_no_reason(content: Content) -> None:
    text = content.messages.mails["date_called_off"]
    assert MAILS["date_called_off"] == {"when", "title", "link"}
    assert "another time" in text.text.lower()
