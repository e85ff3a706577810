"""A network of ONNX Runtime: opened offline, its inputs and outputs known, its complaints put in words.

Knows nothing of texts, pictures or sounds.
"""

from dataclasses import dataclass
from os import cpu_count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cl_core.errors import ConfigError, InputError
from cl_plugins.embeddings.digest import digest_of, onnx_files
from cl_plugins.files import refuse_unreadable
from cl_plugins.needs import needed

_TYPES = {
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(bool)": np.bool_,
    "tensor(string)": np.object_,
}
_ERRORS_ONLY = 3  # ONNX Runtime warns about graphs it merely cannot speed up


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output: its name, its axes (None where any length goes), its type as ONNX names it."""

    name: str
    shape: tuple[int | None, ...]
    kind: str

    def __str__(self) -> str:
        axes = " x ".join("any" if axis is None else str(axis) for axis in self.shape)
        return f"{self.name} ({axes}, {self.kind.removeprefix('tensor(').rstrip(')')})"


class OnnxNetwork:
    """The network in one .onnx file."""

    def __init__(self, path: Path, providers: tuple[str, ...]) -> None:
        refuse_unreadable(path)
        self.name = path.name
        self._session = _open(path, providers)
        self.inputs = [_port(value) for value in self._session.get_inputs()]
        self.outputs = [_port(value) for value in self._session.get_outputs()]
        version = needed("onnxruntime", "onnx", "an .onnx network").__version__
        self.sentence = f"{path.name} (sha256 {digest_of(onnx_files(path))}, onnxruntime {version})"

    def run(self, feeds: dict[str, NDArray[Any]], output: str) -> NDArray[Any]:
        """Run one batch, given the arrays by the names of the inputs."""
        kinds = {port.name: port.kind for port in self.inputs}
        ready = {name: self._typed(value, kinds[name]) for name, value in feeds.items()}
        try:
            answer: NDArray[Any] = self._session.run([output], ready)[0]
        except Exception as error:
            shapes = ", ".join(f"{name} {value.shape}" for name, value in feeds.items())
            raise InputError(
                f"{self.name} refused its input {shapes}: {error}",
                hint=f"it wants {self.wants()}; check max_tokens, size and rate of the embedding",
            ) from error
        return answer

    def wants(self) -> str:
        """Say which inputs there are."""
        return ", ".join(map(str, self.inputs))

    def output_named(self, name: str | None) -> Port | None:
        """Return the output that the user named, None where none was."""
        if name is None:
            return None
        for port in self.outputs:
            if port.name == name:
                return port
        listed = ", ".join(map(str, self.outputs))
        raise ConfigError(f"{self.name} has no output {name!r}", hint=f"it has {listed}")

    def _typed(self, value: NDArray[Any], kind: str) -> NDArray[Any]:
        if kind not in _TYPES:
            raise InputError(
                f"{self.name} wants an input of type {kind}", hint=f"give a network for {', '.join(_TYPES)}"
            )
        return np.ascontiguousarray(value, dtype=_TYPES[kind])


def _open(path: Path, providers: tuple[str, ...]) -> Any:
    runtime = needed("onnxruntime", "onnx", "an .onnx network")
    runtime.disable_telemetry_events()
    missing = sorted(set(providers) - set(runtime.get_available_providers()))
    if missing:
        raise ConfigError(
            f"ONNX Runtime has no execution provider {', '.join(missing)} here",
            hint=f"it has {', '.join(runtime.get_available_providers())}",
        )
    options = runtime.SessionOptions()
    # Sums must be added in the same order every time: a fixed number of threads, no racing kernels.
    options.intra_op_num_threads = cpu_count() or 1
    options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = _ERRORS_ONLY
    try:
        return runtime.InferenceSession(str(path), sess_options=options, providers=list(providers))
    except Exception as error:
        raise ConfigError(
            f"{path.name!r} could not be opened as an ONNX network: {error}",
            hint="export it anew, with its external data files beside it",
        ) from error


def _port(value: Any) -> Port:
    shape = tuple(axis if isinstance(axis, int) and axis > 0 else None for axis in value.shape)
    return Port(value.name, shape, value.type)
