"""Rows as tasks of other labelling tools, and their answers as decisions."""

from cl_flows.review.tasks.answers import ForeignAnswer, Imported, import_answers
from cl_flows.review.tasks.argilla import read_argilla, write_argilla
from cl_flows.review.tasks.items import TaskFile
from cl_flows.review.tasks.label_studio import read_label_studio, write_label_studio

__all__ = [
    "ForeignAnswer",
    "Imported",
    "TaskFile",
    "import_answers",
    "read_argilla",
    "read_label_studio",
    "write_argilla",
    "write_label_studio",
]
