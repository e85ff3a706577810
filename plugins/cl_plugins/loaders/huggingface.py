"""The loader ``huggingface``: a data set that `datasets` saved on disk, read without that package."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cl_core.dataset import Dataset
from cl_core.errors import InputError
from cl_plugins.loaders.arrow_files import read_ipc
from cl_plugins.loaders.arrow_table import ArrowTable, explained
from cl_plugins.loaders.assemble import assemble
from cl_plugins.loaders.huggingface_folder import SavedDataset, open_folder
from cl_plugins.loaders.huggingface_media import clips_of, pictures_of
from cl_plugins.loaders.options import ColumnOptions, HuggingFaceOptions
from cl_plugins.loaders.roles import assign_roles


def load_huggingface(options: HuggingFaceOptions) -> Dataset:
    """Read a saved data set; class names, their order and the kind of features are what it says."""
    saved = open_folder(options.path, options.split)
    name = options.path.name or str(options.path)
    with explained(name):
        columns = _columns(saved)
    table = ArrowTable(name, name, columns, lambda names: _batches(saved, names, name), saved.notes)
    label, said = _label(options, saved)
    fixed = saved.features.get(label or "", {}).get("names")
    asked: ColumnOptions = options.model_copy(
        update={"label": label, "classes": options.classes or (tuple(map(str, fixed)) if fixed else None)}
    )
    free = _free(asked, columns, name)
    media = [c for c in (*saved.of_type("Image"), *saved.of_type("Audio")) if c in free]
    table.notes += said
    if len(media) == 1 and asked.text is None:
        return _with_media(table, asked, saved, media[0], free)
    if options.features is None and asked.text is None and len(free) == 1 and _is_text(saved, free[0]):
        asked = asked.model_copy(update={"text": free[0]})
    return assemble(table, asked)


def _label(options: HuggingFaceOptions, saved: SavedDataset) -> tuple[str | None, tuple[str, ...]]:
    """Take the only ClassLabel for the label; anything else is guessed by name, as in a table."""
    taken = {options.true_labels, options.groups, *options.drop, *options.keep, *(options.features or ())}
    class_labels = [name for name in saved.of_type("ClassLabel") if name not in taken]
    if options.label is not None or len(class_labels) != 1:
        return options.label, ()
    return class_labels[0], (f"label column: {class_labels[0]} (the only ClassLabel; `label` names another)",)


def _free(options: ColumnOptions, columns: Sequence[str], shown: str) -> list[str]:
    """Columns that are learned from."""
    roles = assign_roles(options, columns, shown)
    reserved = {*roles.reserved, roles.maybe_id}
    return list(options.features or (name for name in columns if name not in reserved))


def _is_text(saved: SavedDataset, name: str) -> bool:
    return saved.features.get(name, {}).get("dtype") in ("string", "large_string")


def _with_media(
    table: ArrowTable, options: ColumnOptions, saved: SavedDataset, name: str, free: Sequence[str]
) -> Dataset:
    picture = name in saved.of_type("Image")
    rows = assemble(table, options.model_copy(update={"features": (name,)}))
    cells = rows.features[name]
    rate = saved.features[name].get("sampling_rate")
    others = [other for other in free if other != name]
    left_out = (f"only column {name!r} is learned from; left out: {', '.join(others)}",) if others else ()
    return replace(
        rows,
        features=pictures_of(cells, table.shown) if picture else clips_of(cells, rate, table.shown),
        modality="image" if picture else "audio",
        notes=(*rows.notes, *left_out),
        source=None if rows.source is None else rows.source.drop(columns=name),
    )


def _columns(saved: SavedDataset) -> list[str]:
    return list(next(iter(read_ipc(saved.files[0]))).schema.names)


def _batches(saved: SavedDataset, names: Sequence[str], shown: str) -> Iterator[pa.RecordBatch]:
    for file in saved.files:
        for batch in read_ipc(file):
            columns = [
                _decoded(batch.column(name), saved.features.get(name, {}), name, shown) for name in names
            ]
            yield pa.RecordBatch.from_arrays(columns, names=list(names))


def _decoded(column: Any, feature: dict[str, Any], name: str, shown: str) -> Any:
    """Names of classes for their numbers; -1 is how `datasets` writes: no label."""
    if feature.get("_type") != "ClassLabel" or not pa.types.is_integer(column.type):
        return column
    names = [str(one) for one in feature.get("names") or ()]
    codes = pc.if_else(pc.equal(column, -1), pa.scalar(None, column.type), column)
    wrong = pc.sum(pc.or_(pc.less(codes, 0), pc.greater_equal(codes, len(names)))).as_py()
    if wrong:
        raise InputError(
            f"column {name!r} of {shown!r} holds class numbers outside 0..{len(names) - 1}",
            hint="its features were cast wrongly: save the data set again",
        )
    return pc.take(pa.array(names, pa.string()), codes)
