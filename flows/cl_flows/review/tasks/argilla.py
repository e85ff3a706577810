"""Argilla: a data set on disk out, for ``rg.Dataset.from_disk``, and one that ``to_disk`` wrote in."""

import html
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cl_core.dataset import Dataset
from cl_core.types import Indices
from cl_flows.review.index import RunIndex
from cl_flows.review.new_file import new_file
from cl_flows.review.tasks.answers import ForeignAnswer, answers_in
from cl_flows.review.tasks.items import Item, Kind, TaskFile, choices, items, kind_of, probability

_QUESTION = "label"
_SETTINGS, _DATASET, _RECORDS = ".argilla/settings.json", ".argilla/dataset.json", "records.json"


def write_argilla(
    target: Path,
    index: RunIndex,
    dataset: Dataset,
    positions: Indices,
    *,
    media_url: str | None = None,
    force: bool = False,
) -> TaskFile:
    """Write a folder with settings and records: a question for the label, suggestions by the model.

    Sounds are players in a text, as Argilla has no field for them; cells are lines of a text.
    """
    kind = kind_of(dataset)
    records = [_record(index, kind, item) for item in items(index, dataset, positions, media_url)]
    with new_file(target, force=force) as part:
        (part / ".argilla").mkdir(parents=True)
        for name, content in (
            (_SETTINGS, _settings(kind, choices(index))),
            (_DATASET, {"name": f"{index.run.dataset_name}-{index.run.run_id}", "status": "draft"}),
            (_RECORDS, records),
        ):
            (part / name).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return TaskFile(str(target), len(records), len(positions) - len(records))


def read_argilla(path: Path, who: str) -> list[ForeignAnswer]:
    """Read a folder that ``rg.Dataset.to_disk`` wrote, or its records.json: one answer a response.

    `who` stands where a response names no user. Drafts are no answers; a discarded response is a skip.

    Raises
    ------
    InputError
        For another kind of file.
    """
    return answers_in(
        path / _RECORDS if path.is_dir() else path,
        lambda record, number: _answers(record, number, who),
        called="Argilla record",
        field="fields",
        hint="import the file as rg.Dataset.to_disk or records.to_json wrote it",
    )


def _record(index: RunIndex, kind: Kind, item: Item) -> dict[str, Any]:
    row = item.row
    score = probability(row)
    suggestion = {"value": row.suggested, "score": score, "agent": f"labelgate {index.run.run_id}"}
    return {
        "id": row.id,
        "fields": {_field(kind): _shown(kind, item.content)},
        "metadata": {
            "given_label": row.given,
            "label_quality": row.quality,
            "rank": row.rank,
            "labelgate_fingerprint": index.run.fingerprint,
        },
        "suggestions": {_QUESTION: suggestion},
        "responses": {},
        "vectors": {},
        "status": "pending",
        "_server_id": None,
    }


def _field(kind: Kind) -> str:
    return "image" if kind == "image" else "text"


def _shown(kind: Kind, content: str | dict[str, str]) -> str:
    if isinstance(content, dict):
        return "\n".join(f"{name}: {cell}" for name, cell in content.items())
    if kind == "audio":
        return f'<audio controls src="{html.escape(content)}"></audio>'
    return content


def _settings(kind: Kind, answers: list[str]) -> dict[str, Any]:
    field: dict[str, Any] = {"type": "image"} if kind == "image" else {"type": "text"}
    if kind != "image":
        field["use_markdown"] = kind == "audio"
    name = _field(kind)
    options = [{"value": one, "text": one} for one in answers]
    question = {"type": "label_selection", "options": options, "visible_options": None}
    kinds = {"given_label": "terms", "label_quality": "float", "rank": "integer"}
    kinds["labelgate_fingerprint"] = "terms"
    return {
        "guidelines": "Which label does this row have in truth?",
        "fields": [{"name": name, "title": name, "required": True, "type": field["type"], "settings": field}],
        "questions": [
            {
                "name": _QUESTION,
                "title": _QUESTION,
                "required": True,
                "type": "label_selection",
                "settings": question,
            }
        ],
        "vectors": [],
        "metadata": [
            {"name": name, "title": name, "settings": {"type": of, "visible_for_annotators": True}}
            for name, of in kinds.items()
        ],
        "allow_extra_metadata": True,
        "distribution": {"strategy": "overlap", "min_submitted": 1},
        "mapping": None,
    }


def _answers(record: dict[str, Any], number: int, who: str) -> Iterator[ForeignAnswer]:
    for response in (record.get("responses") or {}).get(_QUESTION) or []:
        status = response.get("status") or "submitted"
        if status == "draft":
            continue
        value = response.get("value")
        skipped = status == "discarded" or value is None
        yield ForeignAnswer(
            row_id=str(record.get("id")),
            who=str(response.get("user_id") or who),
            chosen=() if skipped else (str(value),),
            fingerprint=str((record.get("metadata") or {}).get("labelgate_fingerprint", "")),
            where=f"record {number}",
        )
