"""Options of an embedding: which network, what it wants to be fed. Nothing heavy imported."""

from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from cl_plugins.options import Options

Pooling: TypeAlias = Literal["mean", "first", "max"]
Pixels: TypeAlias = Annotated[int, Field(ge=1, le=4096)]


class Embedding(Options):
    """A network that turns rows into vectors: one of `path`, `hub` and `module`."""

    path: Path | None = Field(
        None,
        description="network in a file: .onnx, TorchScript (.pt) or torch.export (.pt2); or a folder with "
        "model.onnx and tokenizer.json, or of sentence-transformers",
    )
    hub: str | None = Field(
        None, description="sentence-transformers model of the hub by name: the only one that is downloaded"
    )
    module: str | None = Field(
        None, description="`package.module:callable` that returns a torch.nn.Module, without the brackets"
    )
    weights_path: Path | None = Field(
        None, description="state dict of `module`: .pth, .pt or .safetensors; no code in it is ever run"
    )
    output: str | None = Field(
        None, description="output of an .onnx file, or layer of `module` by its dotted name; guessed if unset"
    )
    batch_size: int = Field(32, ge=1, description="rows a call of the network")
    normalize: bool = Field(default=True, description="scale every vector to length 1")
    providers: tuple[str, ...] = Field(
        ("CPUExecutionProvider",), min_length=1, description="execution providers of ONNX Runtime, in order"
    )
    device: str = Field("cpu", description="where torch computes, such as cpu or cuda:0")
    tokenizer_path: Path | None = Field(
        None, description="texts: tokenizer.json, where it does not lie beside the .onnx file"
    )
    max_tokens: int = Field(256, ge=2, description="texts: longer ones are cut here")
    pooling: Pooling = Field("mean", description="texts: how the vectors of the tokens become one")
    size: tuple[Pixels, Pixels] | None = Field(
        None, description="pictures: height and width fed to the network; its own where it has them, or 224"
    )
    mean: tuple[float, ...] = Field(
        (0.485, 0.456, 0.406),
        min_length=1,
        description="pictures: taken off each channel, on a scale of 0..1",
    )
    std: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        (0.229, 0.224, 0.225), min_length=1, description="pictures: each channel is divided by it"
    )
    rate: int = Field(16_000, ge=1, description="sounds: samples a second fed to the network")
    full_scale: float = Field(1.0, gt=0, description="sounds: value of the loudest sample, 1 or 32768")
    before_path: Path | None = Field(
        None, description="sounds: .onnx file that turns samples into the spectrogram that the network wants"
    )
    before_scale: float = Field(1.0, description="sounds: factor for the spectrogram")
    before_shift: float = Field(0.0, description="sounds: added to the scaled spectrogram")
    step: float = Field(
        0.25, gt=0, le=1, description="sounds: from one window to the next, as a share of the window"
    )

    @model_validator(mode="after")
    def _one_network(self) -> Self:
        named = [name for name in ("path", "hub", "module") if getattr(self, name) is not None]
        if len(named) != 1:
            given = " and ".join(named) or "none of them"
            raise ValueError(f"name the network with one of path, hub and module; got {given}")
        if self.weights_path is not None and self.module is None:
            raise ValueError("weights_path belongs to module, which is not set")
        if len(self.mean) != len(self.std):
            raise ValueError(f"mean has {len(self.mean)} channels, std {len(self.std)}")
        return self
