"""Label Studio: tasks with the model's suggestion out, annotations in, as its JSON has them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from cl_core.dataset import Dataset
from cl_core.errors import InputError
from cl_core.types import Indices
from cl_flows.review.index import RunIndex
from cl_flows.review.new_file import new_file, refuse_existing
from cl_flows.review.tasks.answers import ForeignAnswer, answers_in
from cl_flows.review.tasks.items import Item, Kind, TaskFile, choices, items, kind_of, probability

# Names of our tags in the labelling configuration.
_OBJECT, _CONTROL = "item", "label"
_TAGS: dict[Kind, str] = {"text": "Text", "image": "Image", "audio": "Audio", "cells": "Table"}


def write_label_studio(
    target: Path,
    index: RunIndex,
    dataset: Dataset,
    positions: Indices,
    *,
    media_url: str | None = None,
    force: bool = False,
) -> TaskFile:
    """Write tasks to `target` and the labelling configuration, for the project's settings, beside it.

    Each task carries the row's id, the content the run judged, its given label and, as a prediction, the
    model's suggestion with its probability.
    """
    kind, beside = kind_of(dataset), target.with_suffix(".config.xml")
    refuse_existing(beside, force=force)
    tasks = [_task(index, kind, item) for item in items(index, dataset, positions, media_url)]
    with new_file(target, force=force) as part, new_file(beside, force=force) as config:
        part.write_text(json.dumps(tasks, ensure_ascii=False), encoding="utf-8")
        config.write_text(labelling_config(kind, choices(index)), encoding="utf-8")
    return TaskFile(str(target), len(tasks), len(positions) - len(tasks))


def labelling_config(kind: Kind, answers: list[str]) -> str:
    """Return the XML that a project's labelling interface is set to."""
    options = "\n".join(f"    <Choice value={quoteattr(one)}/>" for one in answers)
    return (
        f'<View>\n  <{_TAGS[kind]} name="{_OBJECT}" value="${kind}"/>\n'
        f'  <Header value="Given label: $given_label"/>\n'
        f'  <Choices name="{_CONTROL}" toName="{_OBJECT}" choice="single" showInline="true">\n'
        f"{options}\n  </Choices>\n</View>\n"
    )


def read_label_studio(path: Path, who: str) -> list[ForeignAnswer]:
    """Read an export in Label Studio's JSON: one answer an annotation; `who` stands where nobody is named.

    Raises
    ------
    InputError
        For another kind of file, and tasks that do not name their row.
    """
    return answers_in(
        path,
        lambda task, number: _answers(task, number, who),
        called="Label Studio task",
        field="data",
        hint="import the file as Label Studio exported it: JSON, not JSON-MIN or CSV",
    )


def _task(index: RunIndex, kind: Kind, item: Item) -> dict[str, Any]:
    row = item.row
    result = {
        "id": f"suggestion-{row.position}",
        "from_name": _CONTROL,
        "to_name": _OBJECT,
        "type": "choices",
        "value": {"choices": [row.suggested]},
    }
    prediction: dict[str, Any] = {"model_version": f"labelgate {index.run.run_id}", "result": [result]}
    score = probability(row)
    return {
        "data": {
            kind: item.content,
            "labelgate_id": row.id,
            "labelgate_fingerprint": index.run.fingerprint,
            "given_label": row.given,
            "label_quality": row.quality,
            "reason": row.reason,
        },
        "predictions": [prediction if score is None else {**prediction, "score": score}],
    }


def _answers(task: dict[str, Any], number: int, who: str) -> Iterator[ForeignAnswer]:
    data = task["data"]
    for annotation in task.get("annotations") or []:
        where = f"task {task.get('id', number)}"
        if "labelgate_id" not in data:
            raise InputError(
                f"{where} does not say which row it is: it has no labelgate_id",
                hint="import answers to tasks that `labelgate corrections export` wrote",
            )
        chosen: list[str] = []
        if not annotation.get("was_cancelled"):
            for one in annotation.get("result") or []:
                if one.get("type") == "choices" and one.get("from_name") == _CONTROL:
                    chosen += map(str, one["value"]["choices"])
        yield ForeignAnswer(
            row_id=str(data["labelgate_id"]),
            who=_person(annotation.get("completed_by"), who),
            chosen=tuple(dict.fromkeys(chosen)),
            fingerprint=str(data.get("labelgate_fingerprint", "")),
            where=where,
        )


def _person(completed_by: Any, who: str) -> str:
    match completed_by:
        case {"email": str(email)} if email:
            return email
        case {"id": number}:
            return f"label-studio-{number}"
        case int(number):
            return f"label-studio-{number}"
        case str(name) if name:
            return name
        case _:
            return who
