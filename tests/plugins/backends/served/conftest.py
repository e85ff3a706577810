"""A real model server: scikit-learn behind the Open Inference Protocol and plain JSON, faults to order."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from cl_core.testing import sample_dataset
from local_servers import serving

TEXTS = [
    "win cash now",
    "free prize call",
    "see you at home",
    "lunch at noon",
    "claim free cash",
    "home soon",
]


@dataclass
class Model:
    """A fitted model and what its metadata say."""

    fitted: Any
    inputs: list[dict[str, Any]]
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass
class ModelServer:
    """The running server, what it was asked, and the faults it will commit next."""

    port: int = 0
    faults: deque[str] = field(default_factory=deque)
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0
    ready: bool = True

    @property
    def url(self) -> str:
        """Address of the server."""
        return f"http://127.0.0.1:{self.port}"


def models() -> dict[str, Model]:
    """Fit one model for each way to send rows."""
    table = sample_dataset(seed=1)
    names = np.array(table.classes)[table.labels]
    numbers = table.features.to_numpy()
    clouds = LogisticRegression(max_iter=1000).fit(numbers, names)
    three = table.features[["x0", "x1", "x2"]]
    words = make_pipeline(TfidfVectorizer(), LogisticRegression(C=100))
    words.fit(TEXTS, ["spam", "spam", "ham", "ham", "spam", "ham"])
    pictures = LogisticRegression(max_iter=1000).fit(numbers[:, :16], names)
    classes = {"classes": clouds.classes_.tolist()}
    return {
        "clouds": Model(clouds, [{"name": "x", "datatype": "FP64", "shape": [-1, 23]}], classes),
        "mute": Model(clouds, []),
        "columns": Model(
            LogisticRegression(max_iter=1000).fit(three.to_numpy(), names),
            [{"name": name, "datatype": "FP32", "shape": [-1, 1]} for name in three],
            classes,
        ),
        "words": Model(
            words, [{"name": "text", "datatype": "BYTES", "shape": [-1]}], {"classes": ["ham", "spam"]}
        ),
        "pictures": Model(pictures, [{"name": "image", "datatype": "FP32", "shape": [-1, 4, 4]}], classes),
    }


def tensor(given: dict[str, Any]) -> Any:
    kind = {"FP32": "f4", "FP64": "f8", "INT64": "i8", "BYTES": "U"}[given["datatype"]]
    return np.asarray(given["data"], dtype=kind).reshape(given["shape"])


def make_app(state: ModelServer) -> FastAPI:
    """Speak the protocols, and commit the faults of `state`."""
    app, known = FastAPI(), models()

    @app.get("/v2/health/ready")
    def ready() -> Response:
        return JSONResponse({"ready": state.ready}, 200 if state.ready else 503)

    @app.get("/v2/models/{name}/ready")
    def model_ready(name: str) -> Response:
        return JSONResponse({"name": name, "ready": True}, 200 if name in known else 404)

    @app.get("/v2/models/{name}")
    def metadata(name: str) -> dict[str, Any]:
        model = known[name]
        outputs = [
            {"name": "predict", "datatype": "BYTES", "shape": [-1]},
            {"name": "predict_proba", "datatype": "FP64", "shape": [-1, -1]},
        ]
        said = {"name": name, "versions": ["7"], "platform": "sklearn", "parameters": model.parameters}
        return said | {"inputs": model.inputs, "outputs": outputs if model.inputs else []}

    @app.post("/v2/models/{name}/infer")
    def infer(name: str, body: dict[str, Any]) -> Any:
        given = [tensor(one) for one in body["inputs"]]
        rows = np.hstack(given) if len(given) > 1 else given[0]
        model = known[name].fitted
        rows = rows.reshape(len(rows), -1) if rows.ndim > 2 else rows
        probs, said = model.predict_proba(rows), model.predict(rows)
        outputs = [
            {"name": "predict", "datatype": "BYTES", "shape": [len(said)], "data": said.tolist()},
            {
                "name": "predict_proba",
                "datatype": "FP64",
                "shape": list(probs.shape),
                "data": probs.ravel().tolist(),
            },
        ]
        wanted = [one["name"] for one in body.get("outputs", [])]
        outputs = [one for one in outputs if not wanted or one["name"] in wanted]
        return {"model_name": name, "outputs": outputs}

    @app.post("/predict/{form}")
    def predict(form: str, body: dict[str, Any]) -> Any:
        model = known["words" if form == "words" else "clouds"].fitted
        rows = body["instances"] if form == "words" else pd.DataFrame(body["instances"]).to_numpy()
        probs = model.predict_proba(rows)
        listed = [dict(zip(model.classes_, row, strict=True)) for row in probs.tolist()]
        pairs = [[{"label": name, "score": p} for name, p in row.items()] for row in listed]
        answers: dict[str, Any] = {
            "lists": {"predictions": probs.tolist()},
            "words": {"predictions": probs.tolist()},
            "nested": {"out": [{"data": [{"probs": row} for row in probs.tolist()]}]},
            "named": listed,
            "pairs": pairs,
            "logits": {"predictions": np.log(probs).tolist()},
            "one": {"predictions": probs[:, 0].tolist()},
        }
        return answers[form]

    @app.middleware("http")
    async def misbehave(request: Request, call_next: Any) -> Any:
        if request.method != "POST":
            return await call_next(request)
        state.headers.append(dict(request.headers))
        state.asked.append(await request.json())
        state.under_way += 1
        state.most_under_way = max(state.most_under_way, state.under_way)
        try:
            fault = state.faults.popleft() if state.faults else ""
            return await _fault(fault, request, call_next)
        finally:
            state.under_way -= 1

    return app


async def _fault(fault: str, request: Request, call_next: Any) -> Any:
    kind, _, detail = fault.partition(":")
    if kind == "slow":
        await asyncio.sleep(float(detail))
    bad: dict[str, Callable[[], Response]] = {
        "status": lambda: JSONResponse({"error": "busy"}, int(detail)),
        "later": lambda: JSONResponse({}, 429, headers={"Retry-After": detail}),
        "html": lambda: HTMLResponse("<html><body>Please log in</body></html>"),
        "echo": lambda: JSONResponse({"error": f"bad {request.headers.get('authorization')}"}, 401),
        "redirect": lambda: Response(status_code=307, headers={"location": detail}),
        "body": lambda: Response(detail, media_type="application/json"),
        # Fewer bytes than promised: the server cuts the connection.
        "drop": lambda: Response(b"{", headers={"content-length": "100"}),
    }
    return bad[kind]() if kind in bad else await call_next(request)


@pytest.fixture(scope="session")
def running_server() -> Iterator[ModelServer]:
    """Run the server in a thread, on a free port."""
    state = ModelServer()
    with serving(make_app(state)) as state.port:
        yield state


@pytest.fixture
def model_server(running_server: ModelServer) -> ModelServer:
    """Return the server, its memory wiped."""
    running_server.faults.clear()
    running_server.asked.clear()
    running_server.headers.clear()
    running_server.most_under_way = 0
    running_server.ready = True
    return running_server
