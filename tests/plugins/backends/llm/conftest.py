"""A chat-completions server for the tests: real protocol, answers by a real classifier, faults to order."""

import asyncio
import math
import re
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from local_servers import serving

Classifier = Callable[[str, list[str]], dict[str, float]]


@dataclass
class ChatServer:
    """The running server, what it was asked, how it answers and the faults it will commit next."""

    port: int = 0
    classify: Classifier = lambda _text, names: dict.fromkeys(names, 1 / len(names))
    gives_logprobs: str = "yes"  # or "no" (left out of the answer), or "refuses" (status 400)
    digits_a_token: int = 3
    counts_tokens: bool = True
    delay_s: float = 0.0
    faults: deque[str] = field(default_factory=deque)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    times: Counter[str] = field(default_factory=Counter)  # how often each text was asked about

    @property
    def url(self) -> str:
        """Address of the endpoint."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def texts(self) -> list[str]:
        """Return what was asked about, request by request."""
        return [read_question(body)[1] for body in self.bodies]


def read_question(body: dict[str, Any]) -> tuple[dict[str, str], str]:
    """Return codes with their classes, and the text, as a model that can read would find them."""
    system, question = body["messages"][0]["content"], body["messages"][-1]["content"]
    classes = dict(re.findall(r"^([A-Z]|\d+) = ([^:\n]+)", system, flags=re.MULTILINE))
    found = re.search(r"<text (\w+)>\n(.*)\n</text \1>", question, flags=re.DOTALL)
    assert found
    return classes, found[2]


def answer(state: ChatServer, body: dict[str, Any]) -> dict[str, Any]:
    """Answer as a chat model would that knows `state.classify`."""
    codes, text = read_question(body)
    shares = state.classify(text, list(codes.values()))
    probs = {code: shares[name] for code, name in codes.items()}
    # The n-th answer about a text is always the same, in whatever order threads ask.
    state.times[text] += 1
    rng = np.random.default_rng([state.times[text], *text.encode()])
    hot = body.get("temperature", 1.0) > 0
    code = str(rng.choice(list(probs), p=list(probs.values()))) if hot else max(probs, key=probs.__getitem__)
    choice: dict[str, Any] = {
        "index": 0,
        "message": {"role": "assistant", "content": code},
        "finish_reason": "stop",
        "logprobs": None,
    }
    if body.get("logprobs") and state.gives_logprobs == "yes":
        choice["logprobs"] = {"content": tokens(code, probs, state.digits_a_token, body["top_logprobs"])}
    size = sum(len(message["content"].encode()) for message in body["messages"])
    usage = {"prompt_tokens": size // 4, "completion_tokens": 1, "total_tokens": size // 4 + 1}
    made = {"id": "x", "object": "chat.completion", "created": 1, "model": body["model"], "choices": [choice]}
    return made | ({"usage": usage} if state.counts_tokens else {})


def tokens(code: str, probs: dict[str, float], width: int, most: int) -> list[dict[str, Any]]:
    """Cut a code into tokens of `width` characters, each with its alternatives given what went before."""
    found = []
    for at in range(0, len(code), width):
        prefix, end = code[:at], at + width
        under = {c: p for c, p in probs.items() if c.startswith(prefix)}
        total = sum(under.values())
        shares: dict[str, float] = {}
        for c, p in under.items():
            shares[c[at:end]] = shares.get(c[at:end], 0.0) + 0.98 * p / total
        shares["The"] = 0.02  # models always think of something else, too
        top = sorted(shares.items(), key=lambda pair: -pair[1])[:most]
        listed = [{"token": t, "logprob": math.log(p) if p else -9999.0, "bytes": None} for t, p in top]
        chosen = next(one for one in listed if one["token"] == code[at:end])
        found.append({**chosen, "top_logprobs": listed})
    return found


def make_app(state: ChatServer) -> FastAPI:
    """Speak the protocol, and commit the faults of `state`."""
    app = FastAPI()

    @app.post("/v1/chat/completions")
    async def complete(request: Request) -> Response:
        body = await request.json()
        state.bodies.append(body)
        state.keys.append(request.headers.get("authorization", ""))
        await asyncio.sleep(state.delay_s)
        kind, _, detail = (state.faults.popleft() if state.faults else "").partition(":")
        if body.get("logprobs") and state.gives_logprobs == "refuses":
            return JSONResponse({"error": {"message": "logprobs are not supported"}}, 400)
        if kind == "status":
            said = {"error": {"message": f"wrong key {state.keys[-1]}"}}
            return JSONResponse(said, int(detail), headers={"retry-after-ms": "10"})
        if kind == "redirect":
            return Response(status_code=307, headers={"location": detail})
        if kind == "drop":
            return Response(b"{", headers={"content-length": "100"})
        if kind == "body":
            return Response(detail, media_type="application/json")
        made = answer(state, body)
        if kind == "says":
            made["choices"][0]["message"]["content"] = detail or None
        return JSONResponse(made)

    return app


@pytest.fixture(scope="session")
def running_chat() -> Iterator[ChatServer]:
    """Run the server in a thread, on a free port."""
    state = ChatServer()
    with serving(make_app(state)) as state.port:
        yield state


@pytest.fixture
def chat(running_chat: ChatServer) -> ChatServer:
    """Return the server as new."""
    fresh = ChatServer()
    for name in vars(fresh):
        if name != "port":
            setattr(running_chat, name, getattr(fresh, name))
    return running_chat
