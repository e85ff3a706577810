"""What the steps hand each other, on disk: Prefect tasks pass the folder, never the arrays."""

import json
import pickle
from pathlib import Path
from typing import Any

from cl_core.dataset import Predictions, View
from cl_plugins.stored_rows import read_array, save_array

_HEAD = "record.json"


def save_predictions(predictions: Predictions, folder: Path) -> None:
    """Write predictions so that `read_predictions` gives them back."""
    folder.mkdir(parents=True)
    save_array(folder / "pred_probs.npy", predictions.pred_probs)
    for number, view in enumerate(predictions.views):
        save_array(folder / f"view-{number}.npy", view.pred_probs)
    head = {
        "out_of_sample": predictions.out_of_sample,
        "model": predictions.model,
        "notes": predictions.notes,
        "views": [view.name for view in predictions.views],
    }
    (folder / _HEAD).write_text(json.dumps(head), encoding="utf-8")


def read_predictions(folder: Path) -> Predictions:
    """Read what `save_predictions` wrote; the probabilities stay on disk, memory-mapped."""
    head = json.loads((folder / _HEAD).read_text(encoding="utf-8"))
    views = tuple(
        View(name, read_array(folder / f"view-{number}.npy")) for number, name in enumerate(head["views"])
    )
    return Predictions(
        pred_probs=read_array(folder / "pred_probs.npy"),
        out_of_sample=head["out_of_sample"],
        model=head["model"],
        notes=tuple(head["notes"]),
        views=views,
    )


def save_record(record: Any, path: Path) -> None:
    """Write a record of this run for the next step of this run."""
    path.write_bytes(pickle.dumps(record, protocol=5))


def read_record(path: Path) -> Any:
    """Read what `save_record` wrote: only ever a file of the run's own hidden folder."""
    return pickle.loads(path.read_bytes())  # noqa: S301 - written by this run, removed at its end
