"""
A lint over every text people read: no guilt, no gender, no alcohol, no screens, American spelling.

Each list of words is shown to catch something, so that a check cannot go quiet by itself.
"""

import re
from collections.abc import Iterator

import pytest

from service.content import SENTENCES, Content, load_content

GUILT = r"""
missed | missing\ out | overdue | fail(ed|s|ure)? | streaks? | late\ again | behind\ schedule | neglect(ed|ing)?
| your\ partner\ is\ waiting | should(\ have)? | must | have\ to | ought | supposed\ to | need\ to | forg[eo]t(ten)?
| guilt(y)? | lazy | blame[ds]? | disappoint(ed|ing)? | finally | at\ last | excuses? | do\ better | try\ harder | hurry
| last\ chance | don't\ (forget|miss) | it\ has\ been\ \d+ | reminders?
"""
GENDER = r"""
he | she | him | hers? | his | himself | herself | husbands? | wi(fe|ves) | m[ae]n | wom[ae]n | boy(friend)?s?
| girl(friend)?s? | lady | ladies | gentlem[ae]n | guys? | mom(my)? | mother | dad(dy)? | father | mrs?
| bride | groom | feminine | masculine | manly
"""
ALCOHOL = r"""
alcohol | wines? | beers? | cocktails? | champagne | prosecco | whiske?y | gin | vodka | rum | liquor | pubs? | bars?
| brewery | drunk | tipsy | booze | nightcap | spritz | cider
"""
SCREENS = r"""
screens? | tv | television | movies? | films? | cinema | netflix | videos? | laptops? | computers? | tablets?
| apps?(?!\ password) | online | internet | podcasts? | playlists? | selfies? | scroll(ing)?
| social\ media | streaming | console | smart\w+
"""
BRITISH = r"""
\w*colour\w* | \w*favour\w* | neighbour\w* | (organ|real|recogn|apolog|memor|special)is(e|es|ed|ing) | grey | centre
| theatre | metre | programme | cosy | cosier | cosiest | whilst | amongst | travell\w+ | jewellery | pyjamas | mum
| biscuits? | fortnight(ly)? | practise | washing\ up | towards | learnt | spelt
"""
PRESSURE = r"act\ now | limited | only\ today | unlock | boost | optimi[sz]e\w* | hack | challenge | goals? | points"
LISTS = {
    "guilt": GUILT,
    "gender": GENDER,
    "alcohol": ALCOHOL,
    "screens": SCREENS,
    "british": BRITISH,
    "pressure": PRESSURE,
}
CAUGHT = {
    "guilt": ["You missed a date", "3 days OVERDUE", "your streak", "You should have asked", "your partner is waiting"],
    "gender": ["Bring her flowers", "Tell your husband", "for him and her", "the ladies"],
    "alcohol": ["A glass of wine", "two beers", "the bar next door"],
    "screens": ["Watch a movie", "TV off", "an app for it", "a long playlist"],
    "british": ["your favourite", "a cosy corner", "organise it", "the neighbours", "towards noon"],
    "pressure": ["Unlock more", "your goals", "ten points"],
}


def _find(kind: str, text: str) -> list[str]:
    pattern = re.compile(rf"\b(?:{LISTS[kind]})\b", re.VERBOSE | re.IGNORECASE)
    return [found[0] for found in pattern.finditer(text)]


def _catalog(content: Content) -> Iterator[tuple[str, str]]:
    for idea in content.ideas.values():
        yield from ((idea.id, text) for text in (idea.title, idea.line, *idea.steps))
    for gesture in content.gestures.values():
        yield from ((gesture.id, text) for text in (gesture.title, gesture.line))


def _messages(content: Content) -> Iterator[tuple[str, str]]:
    messages = content.messages
    for key, mail in messages.mails.items():
        yield from ((key, text) for text in (mail.subject, mail.text))
    for group in SENTENCES:
        yield from getattr(messages, group).items()


CONTENT = load_content()
TITLES = [*(idea.title for idea in CONTENT.ideas.values()), *(each.title for each in CONTENT.gestures.values())]
FACTS = [(fact.id, fact.sentence) for fact in CONTENT.evidence.values()]
TEXTS = [*_catalog(CONTENT), *_messages(CONTENT), *FACTS]


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in CAUGHT.items() for text in texts])
def test_every_list_of_words_catches_something(kind: str, text: str) -> None:
    assert _find(kind, text)


@pytest.mark.parametrize("kind", sorted(LISTS))
def test_no_text_holds_such_words(kind: str) -> None:
    assert [(where, found) for where, text in TEXTS for found in _find(kind, text)] == []


def test_innocent_words_are_not_caught() -> None:
    innocent = (
        "Other mustard, there at the barn: the theme of wisdom, grapes, a promise, exercise, and a winery-free hero."
    )
    assert [found for kind in LISTS for found in _find(kind, innocent)] == []


@pytest.mark.parametrize(("where", "text"), list(_catalog(CONTENT)))
def test_ideas_and_gestures_never_speak_of_a_phone(where: str, text: str) -> None:
    assert not re.search(r"\b(smart)?phones?\b", text, re.IGNORECASE), where


def _untidy(text: str) -> bool:
    """Return whether a text holds what a careful writer would not leave: doubled blanks, loud marks, odd dashes."""
    return bool(re.search(r"  |!|\u2026|\.\.\.|[\u2013\u2014]|[ \t]$|\b(\w+) \1\b", text, re.MULTILINE | re.IGNORECASE))


@pytest.mark.parametrize("text", ["two  blanks", "Do it!", "well...", "a \u2014 b", "the the end", "end \nof line"])
def test_untidy_texts_are_caught(text: str) -> None:
    assert _untidy(text)


def test_no_text_is_untidy() -> None:
    assert [where for where, text in TEXTS if _untidy(text)] == []


def test_titles_are_unlike_each_other() -> None:
    assert len(set(TITLES)) == len(TITLES)


def test_lines_and_steps_end_like_sentences() -> None:
    lines = [text for idea in CONTENT.ideas.values() for text in (idea.line, *idea.steps)]
    lines += [gesture.line for gesture in CONTENT.gestures.values()]
    assert [line for line in lines if line[-1] not in ".?" or not line[0].isupper()] == []


def test_titles_begin_with_a_capital_and_have_no_full_stop() -> None:
    assert [title for title in TITLES if title.endswith(".") or not title[0].isupper()] == []
