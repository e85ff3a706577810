"""Draws the settings that cl_core.noise.reading looks up, and judges them. Reads no CIFAR-10 file."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold

from cl_core.joint import estimate_joint
from cl_core.noise import reading
from cl_core.noise.curve import DisagreementCurve, disagreement_curve
from cl_core.types import FloatArray
from noise_bench import FITTED_ON, INSTANCE, Setting, draw

# What the estimate supposes: a model that names the true class of four rows in five, and enough rows
# and agreement for a curve. Beyond it no reading holds (docs/noise_rate.md).
MOST_MODEL_ERRORS, MOST_DISAGREEMENT, FEWEST_ROWS = 0.2, 0.6, 500

# Shares of the bench: nobody knows which noise the next data set has, so neither family dominates.
CLEAN, INSTANCE_NOISE, CLASS_NOISE = 0.15, 0.425, 0.425

TERMS = ("plateau", "middle", "late", "confident")
KNOWN = Path(reading.__file__).with_name("known.csv")

# Data sets made from the same source are left out together: they are alike.
SOURCES = ("mnist", "spoken", "bank", "blob")


def fit(cache: Path) -> None:
    """Write the settings that readings look up, and print how readings do on sources they have not seen."""
    table = _usable(_features(cache))
    print(f"{len(table)} settings of {table['data'].nunique()} data sets, to {KNOWN}")
    table[[*TERMS, "truth", "weight"]].round(5).to_csv(KNOWN, index=False)
    rate, low, high = _left_out(table).T
    inside = (low - 0.002 <= table["truth"]) & (table["truth"] <= high + 0.002)
    error = np.abs(rate - table["truth"])
    weight = table["weight"]
    print("each source judged by the settings of the others:")
    print(f"  mean absolute error {np.average(error, weights=weight):.2%}")
    print(f"  90 % interval holds the truth in {np.average(inside, weights=weight):.1%}")
    below = table["truth"] < low - 0.002
    print(f"  the truth lies below it in {np.average(below, weights=weight):.1%}")
    print(f"  median width {np.median(high - low):.1%}")
    by_kind = pd.DataFrame({"error": error, "inside": inside}).groupby(table["kind"]).mean()
    print(by_kind.map("{:.3f}".format).to_string())


def features(setting: Setting) -> dict[str, object]:
    """One row of the table that `fit` turns into terms."""
    curve = disagreement_curve(setting.labels, setting.pred_probs)
    return {
        "name": setting.name,
        "data": setting.data,
        "kind": setting.kind,
        "n": len(setting.labels),
        "truth": float((setting.labels != setting.true).mean()),
        "disagreement": curve.disagreement,
        "joint": 1.0 - float(estimate_joint(setting.labels, setting.pred_probs).trace()),
        **{f"step{i}": float(step) for i, step in enumerate(curve.steps)},
    }


def _features(cache: Path) -> pd.DataFrame:
    if cache.exists():
        return pd.read_csv(cache)
    rows = []
    for done, number in enumerate(FITTED_ON):
        setting = draw(number)
        rows.extend([features(setting)] if setting else [])
        print(f"\r{done + 1} of {len(FITTED_ON)} settings", end="", file=sys.stderr)
    table = pd.DataFrame(rows)
    table.to_csv(cache, index=False)
    return table


def _usable(table: pd.DataFrame) -> pd.DataFrame:
    kept = table[
        (table["n"] > FEWEST_ROWS)
        & (table["disagreement"] <= MOST_DISAGREEMENT)
        & (table["disagreement"] - table["truth"] < MOST_MODEL_ERRORS)
    ].reset_index(drop=True)
    steps = kept[[f"step{i}" for i in range(10)]].to_numpy()
    none = np.zeros((0, 0)), np.zeros(0, dtype=np.intp)
    read = [
        reading.terms(DisagreementCurve(row, float(total), *none), float(joint))
        for row, total, joint in zip(steps, kept["disagreement"], kept["joint"], strict=True)
    ]
    for name in TERMS:
        kept[name] = [getattr(one, name) for one in read]
    family = np.where(kept["kind"] == "clean", 0, np.where(kept["kind"].isin(INSTANCE), 1, 2))
    shares = np.array([CLEAN, INSTANCE_NOISE, CLASS_NOISE])
    kept["weight"] = shares[family] / np.bincount(family, minlength=3)[family] * len(kept)
    return kept


def _left_out(table: pd.DataFrame) -> FloatArray:
    """Rate, low and high of each setting, shape (settings, 3), from settings of other sources."""
    source = [next((name for name in SOURCES if data.startswith(name)), data) for data in table["data"]]
    values = table[list(TERMS)].to_numpy()
    found = np.zeros((len(table), 3))
    for train, test in GroupKFold(8).split(table, groups=source):
        rest = table.iloc[train]
        seen = reading.Known(values[train], rest["truth"].to_numpy(), rest["weight"].to_numpy())
        found[test] = [reading.readings(reading.Terms(*row), seen, 0.9) for row in values[test]]
    return found
