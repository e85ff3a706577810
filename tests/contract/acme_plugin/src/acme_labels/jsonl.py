"""A loader: one JSON object a line, numbers to learn from and a label."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from cl_core import Dataset, InputError


class JsonlOptions(BaseModel):
    """Options of the loader ``acme-jsonl``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path = Field(description="file with one JSON object a line")
    label: str = Field("label", description="key of the label")


def load_jsonl(options: JsonlOptions) -> Dataset:
    """Read the file; every object must carry the label."""
    try:
        text = options.path.read_text(encoding="utf-8")
        frame = pd.DataFrame([json.loads(line) for line in text.splitlines() if line])
    except (OSError, ValueError) as error:
        raise InputError(
            f"{options.path.name!r} could not be read: {error}", hint="check the file"
        ) from error
    if options.label not in frame.columns:
        raise InputError(
            f"{options.path.name!r} has no key {options.label!r}", hint=f"keys: {', '.join(frame.columns)}"
        )
    classes, labels = np.unique(frame[options.label].astype(str).to_numpy(dtype=np.str_), return_inverse=True)
    return Dataset(
        name=options.path.stem,
        ids=np.arange(len(frame)),
        labels=labels.astype(np.intp),
        classes=tuple(classes.tolist()),
        features=frame.drop(columns=options.label),
        modality="table",
        fingerprint=hashlib.sha256(text.encode()).hexdigest(),
    )
