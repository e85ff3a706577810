"""Options of the built-in publishers: what `publish` in gate.yaml may say and what is refused."""

from pathlib import Path

from pydantic import Field

from cl_plugins.options import Options


class AppendMarkdownOptions(Options):
    """Options of the publisher ``append_markdown``."""

    path: Path = Field(description="file to append the summary to, such as ${GITHUB_STEP_SUMMARY}")
