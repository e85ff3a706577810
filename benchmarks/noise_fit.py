"""Fits the constants of cl_core.noise.reading on the development bench. Reads no CIFAR-10 file."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import QuantileRegressor
from sklearn.model_selection import GroupKFold

from cl_core.noise.curve import DisagreementCurve, disagreement_curve
from cl_core.noise.reading import terms
from cl_core.types import FloatArray
from noise_bench import FITTED_ON, INSTANCE, Setting, draw

# What the estimate supposes: a model that names the true class of four rows in five, and enough rows
# and agreement for a curve. Beyond it no reading holds (docs/noise_rate.md).
MOST_MODEL_ERRORS, MOST_DISAGREEMENT, FEWEST_ROWS = 0.2, 0.6, 500

# Shares of the bench: nobody knows which noise the next data set has, so neither family dominates.
CLEAN, INSTANCE_NOISE, CLASS_NOISE = 0.15, 0.425, 0.425

READINGS = (
    ("rate", 0.5, ("middle", "late")),
    ("low", 0.03, ("plateau_spread", "surplus")),
)


def fit(cache: Path) -> None:
    """Print the constants, and how readings fitted without a data set do on that data set."""
    table = _usable(_features(cache))
    print(f"{len(table)} settings of {table['data'].nunique()} data sets")
    left_out = {}
    for name, quantile, columns in READINGS:
        chosen = list(columns)
        print(f"{name:5}", dict(zip(chosen, _coefficients(table, chosen, quantile).round(3), strict=True)))
        left_out[name] = _left_out(table, chosen, quantile)
    rate = np.clip(left_out["rate"], 0, 1)
    low, high = np.minimum(left_out["low"], rate), np.maximum(table["disagreement"], rate)
    inside = (low - 0.002 <= table["truth"]) & (table["truth"] <= high + 0.002)
    error = np.abs(rate - table["truth"])
    weight = table["weight"]
    print("each data set judged by constants fitted without it:")
    print(f"  mean absolute error {np.average(error, weights=weight):.2%}")
    print(f"  90 % interval holds the truth in {np.average(inside, weights=weight):.1%}")
    below = table["truth"] < low - 0.002
    print(f"  the truth lies below it in {np.average(below, weights=weight):.1%}")
    print(f"  median width {np.median(np.clip(high, 0, 1) - np.clip(low, 0, 1)):.1%}")
    by_kind = pd.DataFrame({"error": error, "inside": inside}).groupby(table["kind"]).mean()
    print(by_kind.map("{:.3f}".format).to_string())


def features(setting: Setting) -> dict[str, object]:
    """One row of the table that constants are fitted on."""
    curve = disagreement_curve(setting.labels, setting.pred_probs)
    return {
        "name": setting.name,
        "data": setting.data,
        "kind": setting.kind,
        "n": len(setting.labels),
        "truth": float((setting.labels != setting.true).mean()),
        "disagreement": curve.disagreement,
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
    pairs = zip(steps, kept["disagreement"], strict=True)
    read = [
        terms(DisagreementCurve(row, float(total), np.zeros((0, 0)), np.zeros(0, dtype=np.intp)))
        for row, total in pairs
    ]
    for name in ("plateau", "plateau_spread", "middle", "late", "surplus"):
        kept[name] = [getattr(one, name) for one in read]
    family = np.where(kept["kind"] == "clean", 0, np.where(kept["kind"].isin(INSTANCE), 1, 2))
    shares = np.array([CLEAN, INSTANCE_NOISE, CLASS_NOISE])
    kept["weight"] = shares[family] / np.bincount(family, minlength=3)[family]
    return kept


def _coefficients(table: pd.DataFrame, columns: list[str], quantile: float) -> FloatArray:
    model = QuantileRegressor(quantile=quantile, alpha=0, fit_intercept=False, solver="highs")
    above = table["truth"] - table["plateau"]
    model.fit(table[columns].to_numpy(), above.to_numpy(), sample_weight=table["weight"] * len(table))
    return np.asarray(model.coef_)


def _left_out(table: pd.DataFrame, columns: list[str], quantile: float) -> FloatArray:
    found = table["plateau"].to_numpy(copy=True)
    for train, test in GroupKFold(10).split(table, groups=table["data"]):
        found[test] += table[columns].to_numpy()[test] @ _coefficients(table.iloc[train], columns, quantile)
    return found
