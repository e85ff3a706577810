"""Appends a finished run's summary to a Markdown file. It formats nothing."""

from cl_core.errors import ConfigError
from cl_core.hooks import FinishedRun
from cl_plugins.publishers.options import AppendMarkdownOptions


def append_markdown(run: FinishedRun, options: AppendMarkdownOptions) -> None:
    """Append the summary, parted from what stands there by an empty line."""
    try:
        options.path.parent.mkdir(parents=True, exist_ok=True)
        with options.path.open("a", encoding="utf-8") as file:
            file.write(("\n" if file.tell() else "") + run.markdown.rstrip("\n") + "\n")
    except OSError as error:
        raise ConfigError(
            f"the summary could not be appended to {str(options.path)!r}: {error.strerror or error}",
            hint="give append_markdown a path to a file that may be written",
        ) from error
