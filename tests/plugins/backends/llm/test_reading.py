"""Reading answers: hand-worked tables of tokens, votes and codes, and laws that hold for any model."""

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cl_plugins.backends.llm.prompts import class_codes
from cl_plugins.backends.llm.reading import code_in, probs_from_tokens, probs_from_votes


def position(chosen: str, **shares: float) -> tuple[str, tuple[tuple[str, float], ...]]:
    return chosen, tuple((token, log(share)) for token, share in shares.items())


def test_tokens_that_mean_one_class_add_up() -> None:
    """0.5 + 0.1 for A and 0.2 for B, of which the words are no part: 0.75 and 0.25."""
    found = probs_from_tokens(
        [("A", (("A", log(0.5)), (" a", log(0.1)), ("B", log(0.2)), ("The", log(0.2))))], tuple("AB")
    )
    assert found is not None
    np.testing.assert_allclose(found, [0.75, 0.25])


def test_what_the_server_does_not_list_goes_to_the_classes_it_may_be() -> None:
    """0.3 are not listed and two classes neither: 0.15 each, but no more than the least listed, 0.1."""
    found = probs_from_tokens([position("A", A=0.6, B=0.1)], tuple("ABCD"))
    assert found is not None
    np.testing.assert_allclose(found, np.array([0.6, 0.1, 0.1, 0.1]) / 0.9)


def test_a_code_of_several_tokens_is_followed() -> None:
    """1 then 2 of {11, 12, 21, 22}: 0.8 x 0.75; the branch not taken is shared evenly."""
    positions = [
        ("1", (("1", log(0.8)), ("2", log(0.2)))),
        ("2", (("2", log(0.75)), ("1", log(0.25)))),
    ]
    found = probs_from_tokens(positions, ("11", "12", "21", "22"))
    assert found is not None
    np.testing.assert_allclose(found, [0.2, 0.6, 0.1, 0.1])


def test_a_blank_token_in_front_is_stepped_over() -> None:
    """Some models begin with a line end."""
    found = probs_from_tokens([position("\n", **{"\n": 1.0}), position("B", A=0.25, B=0.75)], tuple("AB"))
    assert found is not None
    np.testing.assert_allclose(found, [0.25, 0.75])


def test_no_code_anywhere_is_no_answer() -> None:
    """Words only, or nothing at all."""
    assert probs_from_tokens([position("The", The=0.5, Oh=0.5)], tuple("XY")) is None
    assert probs_from_tokens([], tuple("XY")) is None


@given(
    shares=st.lists(st.floats(1e-6, 1.0), min_size=2, max_size=120),
    most=st.integers(1, 20),
    width=st.integers(1, 3),
)
def test_any_answer_gives_a_distribution_that_keeps_the_order(
    shares: list[float], most: int, width: int
) -> None:
    """For any number of classes and listed tokens: it sums to 1, and the answer is never less likely."""
    codes = class_codes(len(shares))
    probs = np.array(shares) / sum(shares)
    best = int(np.argmax(probs))
    positions = []
    for at in range(0, len(codes[best]), width):
        under = [i for i, code in enumerate(codes) if code.startswith(codes[best][:at])]
        pieces: dict[str, float] = {}
        for i in under:
            piece = codes[i][at : at + width]
            pieces[piece] = pieces.get(piece, 0.0) + probs[i] / probs[under].sum()
        top = sorted(pieces.items(), key=lambda pair: -pair[1])[:most]
        chosen = codes[best][at : at + width]
        if chosen not in dict(top):
            top.append((chosen, pieces[chosen]))
        positions.append((chosen, tuple((piece, log(share)) for piece, share in top)))
    found = probs_from_tokens(positions, codes)
    assert found is not None
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1)
    if width >= len(codes[0]):
        assert found[best] == pytest.approx(found.max())


def test_all_classes_listed_is_exact() -> None:
    """Nothing is guessed where nothing is missing."""
    probs = np.random.default_rng(0).dirichlet(np.ones(20))
    codes = class_codes(20)
    top = tuple((code, log(p)) for code, p in zip(codes, probs, strict=True))
    found = probs_from_tokens([(codes[3], top)], codes)
    assert found is not None
    np.testing.assert_allclose(found, probs, rtol=1e-12)


@pytest.mark.parametrize(
    ("content", "code"),
    [("A", 0), (" b.\n", 1), ("**C**", 2), ("A or B", None), ("", None), ("I think A", None), ("D", None)],
)
def test_only_a_code_alone_is_an_answer(content: str, code: int | None) -> None:
    """A sentence with a letter in it is not read as that letter."""
    assert code_in(content, tuple("ABC")) == code


def test_votes_are_smoothed() -> None:
    """Five of five for the first of four, one vote more spread evenly: 5.25 / 6."""
    np.testing.assert_allclose(probs_from_votes([0] * 5, 4, 1.0), np.array([5.25, 0.25, 0.25, 0.25]) / 6)
