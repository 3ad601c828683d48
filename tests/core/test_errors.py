"""Refusals: each has a code of its own and one plain, kind sentence."""

import inspect
import re

import pytest

from service.core import errors
from service.core.errors import CalendarRefusal, Invalid, NotFound, Refusal

REFUSALS = [each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, Refusal)]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda each: each.code)
def test_a_refusal_says_one_plain_sentence(refusal: type[Refusal]) -> None:
    said = str(refusal())
    assert re.fullmatch(r"[A-Z][^\n.!]*\.", said)
    assert not re.search(r"missed|overdue|failed|streak|error|invalid", said, re.IGNORECASE)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda each: each.code)
def test_a_refusal_can_be_said_more_helpfully(refusal: type[Refusal]) -> None:
    assert str(refusal("A slot lasts at least a minute.")) == "A slot lasts at least a minute."


def test_each_refusal_has_a_code_of_its_own() -> None:
    codes = [each.code for each in REFUSALS]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[a-z_]+", code) for code in codes)


def test_the_tree_in_the_opening_is_the_tree() -> None:
    opening = inspect.getdoc(errors) or ""
    assert all(re.search(rf"\b{each.__name__}\b", opening) for each in REFUSALS)


def test_refusals_of_a_kind_are_caught_together() -> None:
    assert {each.code for each in REFUSALS if issubclass(each, CalendarRefusal)} >= {
        "calendar_auth",
        "calendar_unreachable",
        "calendar_not_found",
        "address_not_allowed",
        "not_a_calendar",
    }
    assert {each.code for each in REFUSALS if issubclass(each, Invalid)} >= {"invalid", "unknown_zone", "empty_window"}
    assert not issubclass(NotFound, Invalid)
