"""Whether the Prefect API answers, is of our release and time, and has workers. By HTTP, without Prefect."""

import json
import os
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

from cl_flows.doctor.finding import Finding, Level

_LIMIT_S = 2.0
# Schedules and lateness go by two clocks; tokens and certificates by minutes.
_SKEW_S = 5.0
_WRONG_S = 60.0
_NO_ACCESS = {401, 403}
# A worker needs seconds to begin a run, a cluster that fetches images first some minutes.
_STUCK = timedelta(minutes=15)
_TAKEN = {
    "flows": {"name": {"any_": ["label-gate", "label-gates", "backfill", "regate"]}},
    "flow_runs": {"state": {"type": {"any_": ["PENDING"]}}},
    "sort": "EXPECTED_START_TIME_ASC",
    "limit": 20,
}


@dataclass(frozen=True, slots=True)
class _Api:
    url: str
    headers: Mapping[str, str] = field(repr=False)

    @property
    def shown(self) -> str:
        """The address without what may be a password."""
        parts = urlsplit(self.url)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"

    def ask(self, path: str, body: Any = None) -> tuple[Any, Mapping[str, str]]:
        data = None if body is None else json.dumps(body).encode()
        headers = {**self.headers, "Content-Type": "application/json"}
        request = Request(self.url.rstrip("/") + path, data=data, headers=headers)  # noqa: S310 - refused below
        with urlopen(request, timeout=_LIMIT_S) as answer:  # noqa: S310
            return json.loads(answer.read()), answer.headers


def look_at_server() -> list[Finding]:
    """Say whether gates can run on the Prefect API of the environment, if there is one."""
    url = os.environ.get("PREFECT_API_URL", "")
    if not url:
        return [
            Finding("server", "ok", "PREFECT_API_URL is not set: gates run directly, or on private servers")
        ]
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        says = "PREFECT_API_URL is not the address of an API"
        return [Finding("server", "problem", says, "it looks like http://host:4200/api")]
    api = _Api(url, _credentials())
    try:
        theirs, headers = api.ask("/admin/version")
        pools, _ = api.ask("/work_pools/filter", {})
        workers = {pool["name"]: api.ask(_workers_of(pool), {})[0] for pool in pools}
    except HTTPError as error:
        return [_refused(api, error)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = getattr(error, "reason", error)
        remedy = "start the server, check PREFECT_API_URL, or unset it to run without one"
        return [Finding("server", "problem", f"no Prefect API answers at {api.shown}: {reason}", remedy)]
    return [
        _release(api, str(theirs)),
        *_clock(headers),
        *(_pool(pool, workers[pool["name"]]) for pool in pools),
        *([] if pools else [Finding("workers", "warning", "there is no work pool", _POOL_REMEDY)]),
        *_slots(api),
    ]


_POOL_REMEDY = "prefect work-pool create labels --type process; `labelgate schedule` needs none"


def _credentials() -> dict[str, str]:
    """Build the header that Prefect's own client would send."""
    if key := os.environ.get("PREFECT_API_KEY"):
        return {"Authorization": f"Bearer {key}"}
    if password := os.environ.get("PREFECT_API_AUTH_STRING"):
        return {"Authorization": f"Basic {b64encode(password.encode()).decode()}"}
    return {}


def _workers_of(pool: Mapping[str, Any]) -> str:
    return f"/work_pools/{quote(pool['name'], safe='')}/workers/filter"


def _refused(api: _Api, error: HTTPError) -> Finding:
    if error.code in _NO_ACCESS:
        remedy = "set PREFECT_API_AUTH_STRING (or PREFECT_API_KEY) to what the server expects"
        return Finding("server", "problem", f"{api.shown} refuses our credentials ({error.code})", remedy)
    remedy = "PREFECT_API_URL usually ends in /api; else look at the server's log"
    return Finding("server", "problem", f"{api.shown} answers {error.code} {error.reason}", remedy)


def _release(api: _Api, theirs: str) -> Finding:
    ours = version("prefect")
    says = f"{api.shown} runs Prefect {theirs}"
    if theirs.split(".")[:2] != ours.split(".")[:2]:
        remedy = f'run the server with "prefect=={ours}", too'
        return Finding("server", "warning", f"{says}, we have {ours}", remedy)
    return Finding("server", "ok", says)


def _clock(headers: Mapping[str, str]) -> list[Finding]:
    told = headers.get("Date")
    if not told:
        return []
    try:
        off = (datetime.now(UTC) - parsedate_to_datetime(told)).total_seconds()
    except (ValueError, TypeError):
        return [Finding("clock", "warning", "the server's Date header cannot be read", "look at its proxy")]
    says = f"ours is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} the server's"
    if abs(off) <= _SKEW_S:
        return [Finding("clock", "ok", "ours agrees with the server's")]
    level: Level = "problem" if abs(off) > _WRONG_S else "warning"
    return [Finding("clock", level, says, "let NTP set both clocks: schedules and alerts go by them")]


def _pool(pool: Mapping[str, Any], workers: list[Mapping[str, Any]]) -> Finding:
    name = pool["name"]
    online = [worker["name"] for worker in workers if worker.get("status") == "ONLINE"]
    if pool.get("is_paused"):
        return Finding("workers", "warning", f"pool {name} is paused", f"prefect work-pool resume {name}")
    if not online:
        remedy = f"prefect worker start --pool {name}"
        return Finding("workers", "warning", f"no worker takes the runs of pool {name}", remedy)
    return Finding("workers", "ok", f"pool {name}: {', '.join(online)}")


def _slots(api: _Api) -> list[Finding]:
    """Say what may keep a deployment from ever running again, as far as the API tells."""
    found: list[Finding] = []
    with suppress(OSError, ValueError, KeyError, TypeError):  # Prefect's cloud does not show its settings
        found += _leases(api.ask("/admin/settings")[0]["server"]["concurrency"]["lease_storage"])
    with suppress(OSError, ValueError, KeyError, TypeError):
        found += [finding for run in api.ask("/flow_runs/filter", _TAKEN)[0] for finding in _stuck(run)]
    return found


def _leases(storage: str) -> list[Finding]:
    if not storage.endswith(".memory"):
        return []
    says = "the server forgets at a restart who holds a deployment's slot: a dead run may hold it for ever"
    module = f"{storage.removesuffix('memory')}filesystem"
    remedy = f"start the server with PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE={module}"
    return [Finding("slots", "warning", says, remedy)]


def _stuck(run: Mapping[str, Any]) -> list[Finding]:
    since = datetime.fromisoformat(run["state"]["timestamp"])
    if datetime.now(UTC) - since < _STUCK:
        return []
    state = str(run["state"]["name"]).lower()
    says = f"{run['name']} is {state} since {since:%Y-%m-%d %H:%M} UTC: the worker that took it has died"
    # Cancelled, it would wait for that worker; deleted, it gives its place back.
    return [Finding("runs", "problem", says, f"prefect flow-run delete {run['id']}")]
