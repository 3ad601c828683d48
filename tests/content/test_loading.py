"""Content files with a mistake in them: what is said about it, and where."""

import shutil
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from service.content import ContentError, load_content

TEA = """
[tea_on_the_steps]
title = "Tea on the steps"
line = "Two cups, a bit of air, and nobody needs anything for half an hour."
steps = [
    "Make two cups of tea, each the way the other likes it.",
    "Sit on the steps, the balcony, or by an open window.",
    "Stay until both cups are empty.",
]
kind = "rest"
minutes = { least = 20, typical = 30, most = 45 }
place = "doorstep"
outdoors = true
cost = "free"
seasons = ["spring", "summer", "autumn"]
dayparts = ["morning", "afternoon", "evening"]
weather = "any"
light = "any"
energy = "rest"
needs = []
sleeping_children_ok = true
minutes_to_prepare = 0
novelty = "familiar"
touch = "none"
phones = "in_a_drawer"
accessible_for = []
avoid_if = []
evidence = ["a_cup_together"]
"""
RUB = TEA.replace("tea_on_the_steps", "a_foot_rub_each").replace('touch = "none"', 'touch = "massage"')
FACT = """
[a_cup_together]
sentence = "Some studies find that people who sit down together feel closer."
citation = "Someone, A. (2020). On cups. Journal of Cups, 1(1), 1-2."
strength = "diary"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder of our own words, but for two ideas and a fact that are the tests' own."""
    with as_file(files("service.content") / "en") as folder:
        shutil.copytree(folder, tmp_path / "en")
    (tmp_path / "en" / "ideas.toml").write_text(TEA + RUB, encoding="utf-8")
    (tmp_path / "en" / "evidence.toml").write_text(FACT, encoding="utf-8")
    return tmp_path


def _change(root: Path, name: str, *, old: str, new: str) -> None:
    path = root / "en" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_files_from_elsewhere_are_read_as_our_own_are(root: Path) -> None:
    content, ours = load_content("en", root=root), load_content()
    assert (content.gestures, content.messages) == (ours.gestures, ours.messages)
    assert list(content.ideas) == ["tea_on_the_steps", "a_foot_rub_each"]
    assert content.ideas["tea_on_the_steps"].evidence == tuple(content.evidence)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('title = "Tea on the steps"', "", "title is not there"),
        ('title = "Tea on the steps"', 'title = ""', "title has to be a text of 1 to 48"),
        ('title = "Tea on the steps"', f'title = "{"x" * 49}"', "title has to be a text of 1 to 48"),
        ('title = "Tea on the steps"', "title = 7", "title has to be a text"),
        ('line = "Two cups', f'line = "{"x" * 140}', "line has to be a text of 1 to 140"),
        ('    "Stay until both cups are empty.",', '"a", "b", "c", "d",', "steps has to be a list of 1 to 5"),
        ('    "Stay until both cups are empty.",', "7,", "steps has to hold texts"),
        ('kind = "rest"', 'kind = "party"', "kind has to be one of talk, make"),
        ("least = 20, ", "", "minutes: least is not there"),
        ("least = 20, ", "least = true, ", "minutes: least has to be a whole number"),
        ("least = 20, ", "least = 25, ", "least has to be quarter hours"),
        ("typical = 30, ", "typical = 25, ", "typical has to be quarter hours"),
        ("typical = 30, ", "typical = 60, ", "typical has to lie between"),
        ("most = 45", "most = 45, best = 30", "minutes: best is not a known field"),
        ('place = "doorstep"', 'place = "nature"', "sleeping_children_ok cannot be true away from home"),
        ("outdoors = true", 'outdoors = "yes"', "outdoors has to be true or false"),
        ('seasons = ["spring", "summer", "autumn"]', "seasons = []", "seasons has to be a list of at least 1"),
        ('"morning", "afternoon", "evening"', '"morning", "noon"', "dayparts has to be a list"),
        ("needs = []", 'needs = ["boat"]', "needs has to be a list of at least 0"),
        ('cost = "free"', 'cost = "free"\nstars = 5', "stars is not a known field"),
        ("most = 45", "most = 44", "minutes: most has to be quarter hours"),
        ("least = 20, typical = 30, most = 45", "least = 20, typical = 195, most = 240", "typical has to be 180 at"),
        ('weather = "any"', 'weather = "sunny"', "weather has to be one of any, dry, mild"),
        ('light = "any"', 'light = "dusk"', "light has to be one of any, daylight, dark"),
        ("minutes_to_prepare = 0", "minutes_to_prepare = 61", "minutes_to_prepare has to be a whole number from 0"),
        ('novelty = "familiar"', 'novelty = "old"', "novelty has to be one of familiar, twist, new"),
        ("accessible_for = [", 'accessible_for = ["flying", ', "accessible_for has to be a list"),
        ("avoid_if = [", 'avoid_if = ["rain", ', "avoid_if has to be a list"),
        ("evidence = [", 'evidence = ["hearsay", ', "evidence names hearsay, which is no fact"),
    ],
)
def test_a_wrong_idea_is_named_with_its_file_and_field(root: Path, old: str, new: str, problem: str) -> None:
    _change(root, "ideas.toml", old=old, new=new)
    with pytest.raises(ContentError, match=f"^en/ideas.toml: tea_on_the_steps: .*{problem}"):
        load_content("en", root=root)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('sentence = "Some', f'sentence = "{"x" * 160}', "sentence has to be a text of 1 to 160"),
        ('citation = "Someone', 'source = "Someone', "citation is not there"),
        ('strength = "diary"', 'strength = "rumor"', "strength has to be one of trial"),
        ('strength = "diary"', 'strength = "diary"\nsize = 3', "size is not a known field"),
    ],
)
def test_a_wrong_fact_is_named_with_its_file_and_field(root: Path, old: str, new: str, problem: str) -> None:
    _change(root, "evidence.toml", old=old, new=new)
    with pytest.raises(ContentError, match=f"^en/evidence.toml: a_cup_together: {problem}"):
        load_content("en", root=root)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("minutes = 10", "minutes = 21", "minutes has to be a whole number from 1 to 20"),
        ('channel = "touch"', 'channel = "mail"', "channel has to be one of touch"),
        ('cue = "after_dinner"', 'cue = "at_noon"', "cue has to be one of after_dinner"),
        ("repeat_after_days = 7", "repeat_after_days = 0", "repeat_after_days has to be"),
    ],
)
def test_a_wrong_gesture_is_named_with_its_file_and_field(root: Path, old: str, new: str, problem: str) -> None:
    _change(root, "gestures.toml", old=old, new=new)
    with pytest.raises(ContentError, match=f"^en/gestures.toml: foot_rub: {problem}"):
        load_content("en", root=root)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("[mails.gesture]", "[mails.gestures]", "mails: gesture is not there"),
        ("[mails.gesture]", '[mails.more]\nsubject = "a"\ntext = "b"\n\n[mails.gesture]', "mails: more is not a known"),
        (
            "two days:\n{link}",
            "two days:\n{url}",
            "mails: joined_invitation: text has a placeholder other than link, name",
        ),
        ("two days:\n{link}", "two days:\n{link", "mails: joined_invitation: text has an unmatched brace"),
        ('soon = "It', 'late = "It', "slot_reasons: soon is not there"),
        ('soon = "It', 'late = "x"\nsoon = "It', "slot_reasons: late is not a known field"),
        ("[slot_reasons]", "[extras]\n\n[slot_reasons]", "extras is not a known field"),
    ],
)
def test_a_wrong_message_is_named_with_its_file_and_field(root: Path, old: str, new: str, problem: str) -> None:
    _change(root, "messages.toml", old=old, new=new)
    with pytest.raises(ContentError, match=f"^en/messages.toml: {problem}"):
        load_content("en", root=root)


def test_no_file_can_make_touch_unconditional(root: Path) -> None:
    _change(root, "gestures.toml", old='channel = "touch"', new='channel = "touch"\nonly_if_welcome = false')
    _change(root, "ideas.toml", old='touch = "massage"', new='touch = "massage"\nonly_if_welcome = false')
    content = load_content("en", root=root)
    assert content.gestures["foot_rub"].only_if_welcome
    assert content.ideas["a_foot_rub_each"].only_if_welcome


def test_an_id_is_lower_case_words(root: Path) -> None:
    _change(root, "ideas.toml", old="[tea_on_the_steps]", new="[Tea-on-the-steps]")
    with pytest.raises(ContentError, match="Tea-on-the-steps is not an id"):
        load_content("en", root=root)


def test_a_record_that_is_no_table_is_named(root: Path) -> None:
    _change(root, "gestures.toml", old="[foot_rub]", new="tickle = 1\n\n[foot_rub]")
    with pytest.raises(ContentError, match=r"^en/gestures.toml: tickle: is not a table"):
        load_content("en", root=root)


def test_broken_toml_is_named_with_its_file(root: Path) -> None:
    _change(root, "ideas.toml", old="[tea_on_the_steps]", new="[tea")
    with pytest.raises(ContentError, match=r"^en/ideas.toml: .*line"):
        load_content("en", root=root)


def test_a_language_without_files_is_named() -> None:
    with pytest.raises(ContentError, match=r"^xx/ideas.toml: there is no such file"):
        load_content("xx")
