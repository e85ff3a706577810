"""Agreement against tables worked by hand, and against scikit-learn's."""

from collections import Counter

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from cl_flows.review.agreement import agreement_of, cohen_kappa, fleiss_kappa
from cl_flows.review.decisions import Decision

# Fleiss (1971) is known by a table of 10 rows, 14 raters and 5 answers; kappa is 0.210.
FLEISS = """0 0 0 0 14
0 2 6 4 2
0 0 3 5 6
0 3 9 2 0
2 2 8 1 1
7 7 0 0 0
3 2 6 3 0
2 5 3 2 2
6 5 2 1 0
0 2 2 3 7"""


def word(position: int, who: str, said: str) -> Decision:
    action, _, label = said.partition(" ")
    return Decision(
        *(1, "s", "run", position, f"t{position}", "ash", action, label),
        *(who, "", "page", 1, "2026-01-01", None),
    )


def test_cohens_kappa_by_hand() -> None:
    """20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: 0.7 observed, 0.5 by chance, so 0.4."""
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert cohen_kappa(pairs) == pytest.approx(0.4)


@pytest.mark.parametrize("seed", range(5))
def test_cohens_kappa_is_scikit_learns(seed: int) -> None:
    """On random answers of three kinds."""
    rng = np.random.default_rng(seed)
    one, two = rng.choice(["a", "b", "c"], (2, 40))
    assert cohen_kappa(list(zip(one, two, strict=True))) == pytest.approx(cohen_kappa_score(one, two))


def test_fleiss_kappa_by_hand() -> None:
    """The table that is worked in every textbook."""
    rows = [Counter({str(j): int(n) for j, n in enumerate(row.split())}) for row in FLEISS.splitlines()]
    assert fleiss_kappa(rows) == pytest.approx(0.210, abs=5e-4)
    uneven = [Counter(a=2), Counter(a=1, b=2)]  # P = (1 + 1/3) / 2, P_e = (9 + 4) / 25
    assert fleiss_kappa(uneven) == pytest.approx((2 / 3 - 13 / 25) / (1 - 13 / 25))


def test_what_is_not_defined_is_none() -> None:
    """No rows, or one answer for all of them: chance would agree always."""
    assert cohen_kappa([]) is fleiss_kappa([]) is None
    assert cohen_kappa([("a", "a")] * 9) is fleiss_kappa([Counter(a=2)]) is None
    assert cohen_kappa([("a", "b")] * 9) == 0
    nobody = agreement_of([word(1, "kim", "keep")])
    assert (nobody.rows, nobody.raw, nobody.kappa, nobody.pairs) == (0, None, None, ())


def test_opinions_are_compared_row_by_row() -> None:
    """Skips are no opinions; a relabelling and two ways to exclude are told apart."""
    words = [
        *(word(1, "kim", "keep"), word(1, "lee", "keep"), word(1, "mia", "skip")),
        *(word(2, "kim", "relabel birch"), word(2, "lee", "relabel birch"), word(2, "mia", "keep")),
        *(word(3, "kim", "ambiguous"), word(3, "lee", "none"), word(4, "kim", "keep")),
    ]
    found = agreement_of(words)
    assert (found.rows, found.unanimous) == (3, 1)
    assert found.raw == pytest.approx((1 + 1 / 3 + 0) / 3)
    assert [(p.first, p.second, p.rows, p.same) for p in found.pairs] == [
        ("kim", "lee", 3, 2),
        ("kim", "mia", 1, 0),
        ("lee", "mia", 1, 0),
    ]
