"""The plugins that come with labelgate, offered through the authors' own door. No behaviour here."""

from collections.abc import Iterator

from cl_core.hooks import DatasetLoader, ModelBackend, NoiseEstimator, Publisher, hookimpl
from cl_plugins.backends.by_modality import modality_backends
from cl_plugins.backends.ensemble_options import EnsembleOptions, all_repeat
from cl_plugins.backends.options import PrecomputedOptions, TabularOptions
from cl_plugins.backends.own_models import own_model_backends
from cl_plugins.backends.remote import remote_backends
from cl_plugins.backends.vector_backends import vector_backends
from cl_plugins.later import Later
from cl_plugins.loaders.media_options import PICTURE_SUFFIXES, SOUND_SUFFIXES, MediaOptions
from cl_plugins.loaders.options import (
    TABLE_ENDINGS,
    BundledOptions,
    HuggingFaceOptions,
    KeptOptions,
    NpzOptions,
    SqlOptions,
    TableOptions,
)
from cl_plugins.noise_estimators import noise_estimators
from cl_plugins.publishers.alerts.offers import alert_publishers
from cl_plugins.publishers.monitoring import monitoring_publishers
from cl_plugins.publishers.options import AppendMarkdownOptions


@hookimpl
def labelgate_dataset_loaders() -> Iterator[DatasetLoader]:
    """Offer tables, NumPy archives, files of pictures and sounds, and scikit-learn's bundled data sets."""
    yield DatasetLoader(
        "table",
        "CSV, JSON Lines, Parquet and Arrow files, folders and URLs of them, with a label column",
        TableOptions,
        Later("cl_plugins.loaders.table", "load_table"),
        TABLE_ENDINGS,
        folders=True,
    )
    yield DatasetLoader(
        "npz",
        "NumPy archives with labels and probabilities, pictures, sounds or features",
        NpzOptions,
        Later("cl_plugins.loaders.npz", "load_npz"),
        (".npz",),
    )
    yield DatasetLoader(
        "pictures",
        "picture files: a folder a class, or a table of file names",
        MediaOptions,
        Later("cl_plugins.loaders.media", "load_pictures"),
        PICTURE_SUFFIXES,
        folders=True,
    )
    yield DatasetLoader(
        "sounds",
        "sound files: a folder a class, or a table of file names",
        MediaOptions,
        Later("cl_plugins.loaders.media", "load_sounds"),
        SOUND_SUFFIXES,
        folders=True,
    )
    yield DatasetLoader(
        "sql",
        "a table or query of a database that SQLAlchemy reaches; only reads",
        SqlOptions,
        Later("cl_plugins.loaders.sql", "load_sql"),
    )
    yield DatasetLoader(
        "huggingface",
        "folders that Hugging Face `datasets` saved with save_to_disk",
        HuggingFaceOptions,
        Later("cl_plugins.loaders.huggingface", "load_huggingface"),
    )
    yield DatasetLoader(
        "kept",
        "rows that an earlier run kept in the results folder",
        KeptOptions,
        Later("cl_plugins.loaders.kept", "load_kept"),
    )
    yield DatasetLoader(
        "bundled",
        "data sets that come with scikit-learn, label noise on request",
        BundledOptions,
        Later("cl_plugins.loaders.bundled", "load_bundled"),
    )


@hookimpl
def labelgate_model_backends() -> Iterator[ModelBackend]:
    """Offer cross-validated models, people's own models, and probabilities made elsewhere."""
    yield ModelBackend(
        "tabular",
        "cross-validated scikit-learn model for tables, arrays and small pictures",
        TabularOptions,
        Later("cl_plugins.backends.tabular", "predict_tabular"),
    )
    yield ModelBackend(
        "precomputed",
        "probabilities that came with the data or lie in a file",
        PrecomputedOptions,
        Later("cl_plugins.backends.precomputed", "predict_precomputed"),
        cheap=True,
    )
    yield ModelBackend(
        "ensemble",
        "two backends or more, averaged; each stays visible to the noise estimate",
        EnsembleOptions,
        Later("cl_plugins.backends.ensemble", "predict_ensemble"),
        repeatable=all_repeat,
    )
    yield from modality_backends()
    yield from vector_backends()
    yield from own_model_backends()
    yield from remote_backends()


@hookimpl
def labelgate_noise_estimators() -> Iterator[NoiseEstimator]:
    """Offer the estimators of cl_core."""
    yield from noise_estimators()


@hookimpl
def labelgate_publishers() -> Iterator[Publisher]:
    """Offer to append the run's summary to a file, to alert people, and to hand figures to monitoring."""
    yield Publisher(
        "append_markdown",
        "appends the run's summary to a Markdown file, such as a CI job's summary page",
        AppendMarkdownOptions,
        Later("cl_plugins.publishers.append_markdown", "append_markdown"),
    )
    yield from alert_publishers()
    yield from monitoring_publishers()
