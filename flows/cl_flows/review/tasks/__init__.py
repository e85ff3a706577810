"""Rows as tasks of other labelling tools, and their answers as decisions."""

from cl_flows.review.tasks.answers import (
    ForeignAnswer,
    Imported,
    Planned,
    import_answers,
    plan_answers,
    take_answers,
)
from cl_flows.review.tasks.argilla import read_argilla, write_argilla
from cl_flows.review.tasks.items import TaskFile
from cl_flows.review.tasks.label_studio import read_label_studio, write_label_studio

__all__ = [
    "ForeignAnswer",
    "Imported",
    "Planned",
    "TaskFile",
    "import_answers",
    "plan_answers",
    "read_argilla",
    "read_label_studio",
    "take_answers",
    "write_argilla",
    "write_label_studio",
]
