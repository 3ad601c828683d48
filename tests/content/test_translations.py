"""Another language: what is said where a text of it is left out, too much, or has other places; nothing is guessed."""

import shutil
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from service.content import MAILS, SENTENCES, ContentError, load_content
from service.content.library import load_library


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder of our own words in English and in German."""
    for language in ("en", "de"):
        with as_file(files("service.content") / language) as folder:
            shutil.copytree(folder, tmp_path / language)
    return tmp_path


def change(root: Path, name: str, *, old: str, new: str) -> None:
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_translation_has_its_own_words_and_everything_else_from_english(root: Path) -> None:
    english, german = load_content("en", root=root), load_content("de", root=root)
    assert list(german.ideas) == list(english.ideas)
    for idea_id, idea in english.ideas.items():
        other = german.ideas[idea_id]
        assert other.title != idea.title
        assert len(other.steps) == len(idea.steps)
        assert (other.kind, other.minutes, other.evidence) == (idea.kind, idea.minutes, idea.evidence)
    assert [each.cue for each in german.gestures.values()] == [each.cue for each in english.gestures.values()]
    assert [each.citation for each in german.evidence.values()] == [each.citation for each in english.evidence.values()]
    assert set(german.messages.mails) == set(MAILS)


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        ("ideas.toml", "[ten_questions_by_candle]", "[eleven_questions]", "ten_questions_by_candle is not translated"),
        (
            "ideas.toml",
            "[ten_questions_by_candle]",
            "[eleven_questions]",
            "eleven_questions is nothing that the English",
        ),
        ("ideas.toml", "title = ", "heading = ", r"ten_questions_by_candle\.title is not translated"),
        ("ideas.toml", "title = ", 'kind = "rest"\ntitle = ', r"ten_questions_by_candle\.kind is nothing that the"),
        ("gestures.toml", "line = ", "lines = ", r"foot_rub\.line is not translated"),
        ("evidence.toml", "sentence = ", "citation = ", r"exciting_time_was_tried\.citation is nothing that the"),
        ("messages.toml", "[mails.gesture]", "[mails.gestures]", r"mails\.gesture is not translated"),
        ("messages.toml", "soon = ", "late = ", r"slot_reasons\.soon is not translated"),
        ("messages.toml", "[phones]", "[telephones]", "phones is not translated"),
        ("messages.toml", "[mails.gesture]\nsubject", "[mails.gesture]\ntopic", r"mails\.gesture\.subject is not tr"),
        ("messages.toml", "Tage lang:\n{link}", "Tage lang.", r"mails\.joined_invitation\.text has to have the places"),
        ("messages.toml", "{start} bis {end} Uhr", "{start} Uhr", r"times\.one_day has to have .*: day, end, start$"),
        (
            "messages.toml",
            "[consents]\n",
            "[consents]\nyes = {}\n[more]\n",
            r"consents\.yes is a table in one of the two",
        ),
        ("refusals.toml", "slot_taken = ", "slot_gone = ", "slot_taken is not translated"),
    ],
)
def test_what_a_translation_lacks_or_has_too_much_is_named(
    root: Path, name: str, old: str, new: str, problem: str
) -> None:
    change(root, f"de/{name}", old=old, new=new)
    with pytest.raises(ContentError, match=rf"(?m)^de/{name}: {problem}"):
        load_content("de", root=root)


def test_everything_that_is_left_out_is_named_at_once(root: Path) -> None:
    change(root, "de/ideas.toml", old="[ten_questions_by_candle]", new="[eleven_questions]")
    change(root, "de/messages.toml", old="soon = ", new="late = ")
    with pytest.raises(ContentError) as caught:
        load_content("de", root=root)
    assert str(caught.value).count("is not translated") == 2


def test_a_new_text_in_english_is_asked_of_every_language(root: Path) -> None:
    change(root, "en/ideas.toml", old="[ten_questions_by_candle]", new="[eleven_questions]")
    with pytest.raises(ContentError, match=r"(?m)^de/ideas.toml: eleven_questions is not translated$"):
        load_library(root=root)


def test_a_translated_text_keeps_to_its_length(root: Path) -> None:
    change(root, "de/ideas.toml", old="title = ", new=f'title = "{"x" * 49}" # ')
    with pytest.raises(
        ContentError, match=r"^de/ideas.toml: ten_questions_by_candle: title has to be a text of 1 to 48"
    ):
        load_content("de", root=root)


def test_every_folder_is_a_language_and_complete_or_refused(root: Path) -> None:
    (root / "de" / "gestures.toml").unlink()
    with pytest.raises(ContentError, match=r"^de/gestures.toml: there is no such file"):
        load_library(root=root)


@pytest.mark.parametrize("language", sorted(load_library().contents))
def test_our_own_languages_are_complete(language: str) -> None:
    messages = load_content(language).messages
    assert set(messages.mails) == set(MAILS)
    assert all(set(getattr(messages, group)) == set(codes) for group, codes in SENTENCES.items())
