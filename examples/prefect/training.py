"""Training that never starts on bad labels: the gate is a subflow, and no pass ends the flow."""

import os
from pathlib import Path

from prefect import flow, task

from cl_flows import label_gate

PROJECT = Path(os.environ.get("LABELS_PROJECT", "."))


@task
def train(labels_of: str) -> Path:
    """Train the model; here it only says on which run's labels."""
    model = PROJECT / "model.txt"
    model.write_text(f"trained on the labels of run {labels_of}\n", encoding="utf-8")
    return model


@flow(name="training")
def training(*, advisory: bool = False) -> Path:
    """Gate, then train; `advisory` trains whatever the verdict, which stands in history all the same."""
    result = label_gate(PROJECT / "gate.yaml", advisory=advisory)
    return train(result.run_id)


if __name__ == "__main__":
    training()
