"""The catalog as a whole: what a couple can count on finding in it."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from service.content import MAILS, Content, load_content
from service.core.decks import deal
from service.core.gestures import CHANNELS, CUES
from service.core.ideas import ACCESSES, AT_HOME, ENERGIES, KINDS, Idea, Occasion, fit
from service.core.interval import Interval
from service.core.seasons import SEASONS

BERLIN = ZoneInfo("Europe/Berlin")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")


KINDS_WANTED = {
    "talk": 18,
    "make": 16,
    "move": 18,
    "rest": 12,
    "play": 16,
    "explore": 18,
    "serve": 10,
    "touch": 12,
}
CHANNELS_WANTED = {"touch": 24, "words": 20, "acts": 22, "time": 8, "gift": 6}


@pytest.fixture(scope="module")
def content() -> Content:
    return load_content()


@pytest.fixture(scope="module")
def ideas(content: Content) -> list[Idea]:
    return list(content.ideas.values())


def share(ideas: list[Idea], holds: Callable[[Idea], bool]) -> float:
    return sum(holds(idea) for idea in ideas) / len(ideas)


def test_every_record_is_found_under_its_own_id(content: Content) -> None:
    assert all(key == idea.id for key, idea in content.ideas.items())
    assert all(key == gesture.id for key, gesture in content.gestures.items())
    assert all(key == fact.id for key, fact in content.evidence.items())


def test_there_are_120_ideas_so_many_of_each_kind(ideas: list[Idea]) -> None:
    assert Counter(idea.kind for idea in ideas) == KINDS_WANTED
    assert set(KINDS_WANTED) == set(KINDS)


def test_there_are_80_gestures_so_many_of_each_channel(content: Content) -> None:
    assert Counter(gesture.channel for gesture in content.gestures.values()) == CHANNELS_WANTED
    assert set(CHANNELS_WANTED) == set(CHANNELS)


def test_at_least_half_of_the_ideas_are_free(ideas: list[Idea]) -> None:
    assert share(ideas, lambda idea: idea.cost == "free") >= 0.5


def test_at_least_two_in_five_ideas_work_at_home_while_children_sleep(ideas: list[Idea]) -> None:
    assert share(ideas, lambda idea: idea.sleeping_children_ok and idea.place in AT_HOME) >= 0.4


@pytest.mark.parametrize("season", SEASONS)
@pytest.mark.parametrize("outdoors", [True, False])
def test_every_season_has_at_least_eight_ideas_outdoors_and_as_many_indoors(
    ideas: list[Idea], season: str, outdoors: bool
) -> None:
    assert sum(season in idea.seasons and idea.outdoors is outdoors for idea in ideas) >= 8


@pytest.mark.parametrize("energy", ENERGIES)
def test_there_are_at_least_thirty_ideas_for_every_energy(ideas: list[Idea], energy: str) -> None:
    assert sum(idea.energy == energy for idea in ideas) >= 30


def test_fifteen_ideas_take_twenty_to_thirty_minutes(ideas: list[Idea]) -> None:
    assert sum(20 <= idea.minutes.typical <= 30 for idea in ideas) >= 15


def test_a_phone_comes_along_only_for_the_map_and_only_where_one_leaves_home(ideas: list[Idea]) -> None:
    assert [idea.id for idea in ideas if idea.phones == "one_for_the_map" and idea.place in AT_HOME] == []


def test_ideas_away_from_home_need_somebody_with_the_children(ideas: list[Idea]) -> None:
    assert [idea.id for idea in ideas if ("sitter" in idea.needs) != (idea.place not in AT_HOME)] == []


def test_touch_is_always_only_if_welcome(content: Content) -> None:
    assert all(idea.only_if_welcome for idea in content.ideas.values() if idea.touch != "none")
    assert all(gesture.only_if_welcome for gesture in content.gestures.values() if gesture.channel == "touch")


def test_every_idea_of_touch_says_which_and_there_is_every_access(ideas: list[Idea]) -> None:
    assert [idea.id for idea in ideas if idea.kind == "touch" and idea.touch == "none"] == []
    assert {access for idea in ideas for access in idea.accessible_for} == set(ACCESSES)


def test_every_fact_stands_behind_some_idea(content: Content) -> None:
    used = {fact for idea in content.ideas.values() for fact in idea.evidence}
    # a few speak of small gestures, or of how all of this is done
    assert len(used) * 3 >= len(content.evidence) * 2


def test_the_three_small_details_are_there(content: Content) -> None:
    assert {"foot_rub", "back_tickle", "shoulder_rub"} <= set(content.gestures)


def test_gestures_come_at_every_cue(content: Content) -> None:
    assert {gesture.cue for gesture in content.gestures.values()} == set(CUES)


def deck(ideas: list[Idea], start: datetime, *, minutes: int, zones: tuple[ZoneInfo, ...], asleep: bool) -> list[Idea]:
    slot = Interval(start.astimezone(UTC), start.astimezone(UTC) + timedelta(minutes=minutes))
    occasion = Occasion(slot, zones, children_asleep=asleep)
    dealt = deal(ideas, occasion=occasion, tastes={}, past=(), seed="s", now=start)
    assert all(slot.contains(fit(suggestion.idea, slot)) for suggestion in dealt)
    return [suggestion.idea for suggestion in dealt]


@pytest.mark.parametrize("month", [1, 4, 7, 10])
@pytest.mark.parametrize("hour", [9, 14, 19, 21])
def test_twenty_minutes_at_home_are_enough_in_every_season_and_part_of_the_day(
    ideas: list[Idea], month: int, hour: int
) -> None:
    start = datetime(2026, month, 15, hour, tzinfo=BERLIN)
    assert len(deck(ideas, start, minutes=20, zones=(BERLIN, BERLIN), asleep=True)) == 3


@pytest.mark.parametrize("month", [1, 4, 7, 10])
def test_a_tired_thursday_at_nine_has_a_full_deck_of_different_kinds(ideas: list[Idea], month: int) -> None:
    start = datetime(2026, month, 15, 21, tzinfo=BERLIN)
    assert len({idea.kind for idea in deck(ideas, start, minutes=45, zones=(BERLIN, BERLIN), asleep=True)}) == 3


def test_partners_nine_hours_apart_find_something(ideas: list[Idea]) -> None:
    start = datetime(2026, 10, 15, 20, tzinfo=BERLIN)  # 11:00 in Los Angeles
    assert deck(ideas, start, minutes=60, zones=(BERLIN, LOS_ANGELES), asleep=False)


@pytest.mark.parametrize("mail", sorted(MAILS))
def test_every_mail_fills_every_place(content: Content, mail: str) -> None:
    words = {place: f"<{place}>" for place in MAILS[mail]}
    filled = content.messages.mails[mail].fill(**words)
    assert "{" not in filled.subject + filled.text


def test_braces_in_a_name_are_shown_as_they_are(content: Content) -> None:
    filled = content.messages.mails["joined_invitation"].fill(name="{link}{0.x}", link="https://example.org/j/1")
    assert filled.subject.startswith("{link}{0.x} ")


def test_a_date_called_off_names_nobody_and_no_reason() -> None:
    assert MAILS["date_called_off"] == {"when", "title", "link"}
