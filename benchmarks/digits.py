"""How well the demo's gate finds labels that were spoiled on purpose, on scikit-learn's digits.

Run: python benchmarks/digits.py
"""

import tempfile
from pathlib import Path

import pandas as pd

from cl_flows.config import make_config
from cl_flows.direct import run_direct
from cl_flows.plan import make_plan
from cl_flows.steps import load

RATES = (0.0, 0.05, 0.1, 0.2)
SEEDS = (0, 1, 2)


def main() -> None:
    """Print a table: a row a noise rate, means over the seeds."""
    print(f"digits, 1,797 images, 5 folds, means over seeds {SEEDS}")
    print("| injected | estimated | interval | flagged | precision | recall | verdicts at 5 % |")
    print("|---|---|---|---|---|---|---|")
    for rate in RATES:
        rows = pd.DataFrame([_run(rate, seed) for seed in SEEDS])
        mean = rows.drop(columns="status").mean()
        precision = f"{mean.precision:.3f}" if rate else "-"
        recall = f"{mean.recall:.3f}" if rate else "-"
        print(
            f"| {rate:.0%} | {mean.estimated:.1%} | {mean.low:.1%} to {mean.high:.1%} | {mean.flagged:.0f} "
            f"| {precision} | {recall} | {', '.join(rows.status)} |"
        )


def _run(rate: float, seed: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        config = make_config(
            {
                "data": {"loader": "bundled", "name": "digits", "inject_noise": rate, "seed": seed},
                "model": {"backend": "tabular", "estimator": "kernel", "seed": seed},
                "gate": {"max_noise_rate": 0.05, "great_expectations": False},
                "output": {"folder": folder},
            },
            "the benchmark",
        )
        result = run_direct(config)
        scored = pd.read_parquet(Path(result.folder) / "scored.parquet")
        dataset = load(make_plan(config))
    flagged = scored["is_label_issue"].to_numpy()
    true = dataset.true_labels if dataset.true_labels is not None else dataset.labels
    wrong = true != dataset.labels
    found = (wrong & flagged).sum()
    return {
        "estimated": result.noise_rate,
        "low": result.low,
        "high": result.high,
        "flagged": flagged.sum(),
        "precision": found / max(1, flagged.sum()),
        "recall": found / max(1, wrong.sum()),
        "status": result.status,
    }


if __name__ == "__main__":
    main()
