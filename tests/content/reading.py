"""
How many years of school a text asks of its readers: seven are an age of about twelve.

English by Flesch-Kincaid (Kincaid et al. 1975), German by the first Wiener Sachtextformel (Bamberger & Vanecek 1984).
Syllables are counted as groups of vowels, which is a little off for single words and close enough for texts.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_SENTENCE = re.compile(r"[.?!]+(?=\s|$)|\n")
_SILENT_E = re.compile(r"(?<=[^aeiouyl])e[sd]?$")
_ENGLISH_VOWELS = re.compile(r"[aeiouy]+")
_GERMAN_VOWELS = re.compile(r"aa|ee|oo|ie|ei|ai|au|äu|eu|[aeiouyäöü]")
_LONG, _MANY = 6, 3  # letters a long word has more than, syllables a word of many has at least


def grade_english(text: str) -> float:
    """Return the school year (US) that Flesch-Kincaid asks for."""
    words = _WORD.findall(text.lower())
    syllables = sum(_count_english(word) for word in words)
    return 0.39 * len(words) / _count_sentences(text) + 11.8 * syllables / len(words) - 15.59


def grade_german(text: str) -> float:
    """Return the school year that the first Wiener Sachtextformel asks for."""
    words = _WORD.findall(text.lower())
    counts = [len(_GERMAN_VOWELS.findall(word)) for word in words]
    many, single = (100 * sum(holds) / len(words) for holds in ([n >= _MANY for n in counts], [n <= 1 for n in counts]))
    long = 100 * sum(len(word) > _LONG for word in words) / len(words)
    return 0.1935 * many + 0.1672 * len(words) / _count_sentences(text) + 0.1297 * long - 0.0327 * single - 0.875


GRADES: Mapping[str, Callable[[str], float]] = MappingProxyType({"en": grade_english, "de": grade_german})


def count_words(text: str) -> int:
    return len(_WORD.findall(text))


def _count_english(word: str) -> int:
    groups = len(_ENGLISH_VOWELS.findall(word))
    return max(1, groups - bool(_SILENT_E.search(word)))


def _count_sentences(text: str) -> int:
    return max(1, sum(count_words(each) > 0 for each in _SENTENCE.split(text)))
