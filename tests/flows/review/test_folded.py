"""What people type into a search finds what they mean, and the pattern finds what folding says."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cl_flows.review.folded import folded, spellings

# Turkish, Greek, Cyrillic, kana, Hangul, Hindi; a lone accent, long s, sign of kelvin, bold and wide A.
LETTERS = st.sampled_from(
    "aAáÅe\u0301iIİ\u0131s\u017fK\u212a \u00a0Σςий.*\\]がか각가\u0915\u0941\U0001d400\uff21"
)


def found(words: str, text: str) -> bool:
    return bool(pc.match_substring_regex(pa.array([text]), spellings(words))[0].as_py())


@pytest.mark.parametrize(
    ("words", "texts"),
    [
        ("istanbul", ["İstanbul", "ISTANBUL", "istanbul", "\u0131stanbul"]),
        ("İSTANBUL", ["istanbul"]),
        ("cafe au", ["Café\u00a0au lait", "cafe\u0301 au", "\uff23\uff21\uff26\uff25 AU"]),
        ("café", ["CAFE", "cafe"]),
        ("strasse", ["Hauptstraße 1", "STRASSE", "STRAẞE"]),
        ("Messsystem", ["Meßsystem"]),
        ("office", ["o\ufb03ce", "o\ufb00ice"]),
        ("ελληνικος", ["ΕΛΛΗΝΙΚΟΣ", "Ελληνικός"]),
        ("елка", ["ЁЛКА"]),
        ("a.b*", ["xa.b*c"]),
    ],
)
def test_case_accents_and_forms_of_letters_are_nothing_to_search(words: str, texts: list[str]) -> None:
    """What a labelling team types on any keyboard finds the text, however its letters are written."""
    for text in texts:
        assert found(words, f"in {text} ...")
        assert folded(words) in folded(f"in {text} ...")


@pytest.mark.parametrize(
    ("words", "text"), [("a.b", "axb"), ("か", "が"), ("가", "각"), ("कि", "कु"), ("o", "ø"), ("ss", "s s")]
)
def test_other_letters_are_others(words: str, text: str) -> None:
    """Marks that are letters to their readers count, and a point is no pattern."""
    assert not found(words, text)
    assert folded(words) not in folded(text)


@given(words=st.text(LETTERS, min_size=1, max_size=4), text=st.text(LETTERS, max_size=12))
def test_the_pattern_finds_what_folding_says(words: str, text: str) -> None:
    """Columns that are folded value by value and those that are searched in place find the same."""
    if folded(words).strip("\u0301"):  # of nothing but accents there is more than one reading
        assert found(words, text) == (folded(words) in folded(text))
    assert folded(folded(text)) == folded(text)


def test_a_long_search_is_a_pattern_that_arrow_takes() -> None:
    """A thousand letters, the most that the pages take."""
    text = "The quick brown fox of Çeşme jumps. " * 28
    assert found(text[:1000].upper(), f"x{text}")
