"""Reads a YAML file of sections, stricter than YAML: a key said twice is an error. Knows no sections."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from cl_core.errors import ConfigError


class _StrictLoader(yaml.SafeLoader):
    """YAML lets the last of two equal keys win, silently: a limit could be overruled further down."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        """Build a mapping, unless it names a key twice."""
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise ConfigError(
                        f"{key.start_mark.name} says {key.value!r} twice, again in line "
                        f"{key.start_mark.line + 1}",
                        hint="keep one of them",
                    )
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Build a node, unless it stands for another one: a section that holds itself has no end."""
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise ConfigError(
                f"{event.start_mark.name} refers to *{event.anchor} in line {event.start_mark.line + 1}",
                hint="write the value out: references are not read here",
            )
        return super().compose_node(parent, index)


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the sections in the file at `path`; a section without a word in it counts as left out."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            raw = yaml.load(file, Loader=_StrictLoader)  # noqa: S506 - a SafeLoader
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}", hint="check the path") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not YAML: {error}", hint="check indentation and colons") from error
    if not isinstance(raw, dict):
        raise ConfigError(
            f"{path} holds {type(raw).__name__}, wanted sections such as `data:` and `gate:`",
            hint="`labelgate init DATA` writes one that runs",
        )
    return {key: value for key, value in raw.items() if value is not None}
