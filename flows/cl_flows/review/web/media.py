"""Pictures and sounds of rows, by their place in the data: no path of a client reaches a file."""

import hashlib

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from cl_flows.review.content import Picture, Sound, content_of
from cl_flows.review.web.guard import Refused
from cl_flows.review.web.rows import checked_position
from cl_flows.review.web.shelf import NotThereError, shelf_of

router = APIRouter()


@router.get("/runs/{run_id}/media/{name}")
def media(request: Request, run_id: str, name: str) -> Response:
    """Give the picture or the sound of a row."""
    run = shelf_of(request).opened(run_id)
    stem, _, ending = name.rpartition(".")
    position = checked_position(run.index, stem)
    if run.dataset is None:
        raise NotThereError("the rows of this run were not kept", hint="output.keep_rows keeps them")
    content = content_of(run.dataset, position)
    match content, ending:
        case Picture(), "png":
            return _given(request, content.png, "image/png")
        case Sound(), "wav":
            return _given(request, content.wav, "audio/wav")
        case _:
            raise Refused(404, "this row has no such content")


def _given(request: Request, data: bytes, kind: str) -> Response:
    """Answer with all of it, or with the part that a player asks for; browsers keep it for a day."""
    tag = f'"{hashlib.sha256(data).hexdigest()[:20]}"'
    headers = {"Cache-Control": "private, max-age=86400", "ETag": tag, "Accept-Ranges": "bytes"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    part = _part(request.headers.get("range", ""), len(data))
    if part is None:
        return Response(data, media_type=kind, headers=headers)
    start, end = part
    if start >= end:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{len(data)}"})
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(data)}"
    return Response(data[start:end], status_code=206, media_type=kind, headers=headers)


def _part(said: str, length: int) -> tuple[int, int] | None:
    """Read a Range header of one part; None for none, or for one that is not understood."""
    unit, _, part = said.partition("=")
    first, dash, last = part.partition("-")
    if (
        unit.strip() != "bytes"
        or not dash
        or not all(n.strip().isdigit() or not n.strip() for n in (first, last))
    ):
        return None
    if not first.strip():
        return (max(0, length - int(last)), length) if last.strip() else None
    return int(first), min(length, int(last) + 1 if last.strip() else length)
