"""Options of the backends that take people's own models: what `model` in gate.yaml may say."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, model_validator

from cl_plugins.options import FoldOptions, Options

Side: TypeAlias = Annotated[int, Field(gt=0, le=4096)]
Size: TypeAlias = Annotated[
    tuple[Side, Side] | None, Field(description="height and width that pictures are brought to")
]

Activation: TypeAlias = Literal["auto", "none", "softmax", "sigmoid"]


class SklearnOptions(FoldOptions):
    """Options of the backend ``sklearn``: `estimator` with `params`, or `steps`."""

    estimator: str | None = Field(
        None,
        description="import path of a classifier's class, such as sklearn.ensemble.RandomForestClassifier",
    )
    params: dict[str, Any] = Field(
        default_factory=dict, description="its parameters; a model within is {estimator: ..., params: ...}"
    )
    steps: tuple[dict[str, Any], ...] | dict[str, dict[str, Any]] | None = Field(
        None, description="steps of a pipeline, a list or by name, each {estimator: ..., params: ...}"
    )
    encode: Literal["auto", "none"] = Field(
        "auto",
        description="auto: tables and texts as numbers, learned inside the fold; none: the data frame, the "
        "texts or the array as they are",
    )
    size: Size = None
    from_scores: bool = Field(
        default=False,
        description="take the softmax of decision_function where the estimator has no predict_proba",
    )

    @model_validator(mode="after")
    def _one_model(self) -> "SklearnOptions":
        if (self.estimator is None) == (self.steps is None):
            raise ValueError("name either `estimator` or `steps`")
        if self.steps is not None and self.params:
            raise ValueError("`params` belong to `estimator`; give each step its own")
        return self

    @property
    def spec(self) -> Mapping[str, Any]:
        """The model as `estimator_grammar` reads it."""
        if self.steps is not None:
            return {"steps": self.steps}
        return {"estimator": self.estimator, "params": self.params}


class TorchOptions(FoldOptions):
    """Options of the backend ``torch``."""

    module: str | None = Field(
        None,
        description="package.module:Name of a torch module's class, or of a function that returns one; "
        "a small network when left out",
    )
    module_params: dict[str, Any] = Field(
        default_factory=dict,
        description="its arguments; classes and input sizes are given where it takes them",
    )
    epochs: int = Field(50, ge=1, description="at most so many; early stopping ends before")
    patience: int = Field(5, ge=1, description="epochs without a better loss on the part that is kept back")
    keep_back: float = Field(
        0.1, gt=0, le=0.5, description="share of a fold's training rows that only decides when to stop"
    )
    optimizer: Literal["adam", "adamw", "sgd"] = Field("adam", description="sgd has a momentum of 0.9")
    lr: float = Field(1e-3, gt=0, description="learning rate")
    weight_decay: float = Field(0.0, ge=0, description="of the optimizer")
    batch_size: int = Field(64, ge=2, description="rows a step")
    device: str = Field("cpu", description="cpu, cuda, cuda:1, mps")
    threads: int = Field(
        1, ge=1, description="threads of torch; more for large networks, which may change the last bits"
    )
    size: Size = None
    colour: bool = Field(default=False, description="read picture files in colour, not in grey")


class FixedModelOptions(Options):
    """What every backend asks that takes an existing model as it is."""

    classes: tuple[str, ...] | None = Field(
        None,
        description="class names in the order of the model's columns; its own or the data set's if unset",
    )
    out_of_sample: bool | None = Field(
        None, description="true when the model never saw the labels of these rows"
    )
    activation: Activation = Field(
        "auto",
        description="what turns outputs into probabilities; auto: nothing where rows sum to 1, else softmax",
    )
    columns: tuple[str, ...] | None = Field(
        None, description="columns of the table that the model takes, in its order; all when left out"
    )


class OnnxOptions(FixedModelOptions):
    """Options of the backend ``onnx``."""

    path: Path = Field(description="the .onnx file")
    output: str | None = Field(None, description="output with the probabilities or logits; guessed if unset")
    batch_size: int = Field(256, ge=1, description="rows a call, unless the model fixes their number")
    providers: tuple[str, ...] = Field(
        ("CPUExecutionProvider",), min_length=1, description="execution providers of ONNX Runtime, in order"
    )
    size: Size = None
    divide_by: float | None = Field(
        None, gt=0, description="pictures: pixels are divided by it; bytes by 255 and others by 1 if unset"
    )
    mean: tuple[float, ...] | None = Field(
        None, description="pictures: then taken off, one number a channel or one for all"
    )
    std: tuple[Annotated[float, Field(gt=0)], ...] | None = Field(
        None, description="pictures: then divided by it, one number a channel or one for all"
    )


class MlflowOptions(FixedModelOptions):
    """Options of the backend ``mlflow``: `uri` or `path`."""

    uri: str | None = Field(
        None, description="models:/name/3, models:/name@alias, runs:/id/model or a URL of a logged model"
    )
    path: Path | None = Field(None, description="folder of a saved model, with the file MLmodel in it")
    tracking_uri: str | None = Field(
        None, description="server or database that `uri` is looked up in; MLFLOW_TRACKING_URI if unset"
    )
    params: dict[str, Any] = Field(
        default_factory=dict, description="parameters of predict, as the model's signature has them"
    )
    outputs: tuple[str, ...] | None = Field(
        None, description="columns of the answer with the probabilities, in the order of `classes`"
    )
    batch_size: int = Field(1024, ge=1, description="rows a call")

    @model_validator(mode="after")
    def _one_place(self) -> "MlflowOptions":
        if (self.uri is None) == (self.path is None):
            raise ValueError("name either `uri` or `path`")
        return self
