"""Proxies, telemetry and threads: what the environment decides behind people's backs. Shows no secrets."""

import os
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from cl_flows.doctor.finding import Finding

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_OFF = {"false", "0", "no", "off", "f", "n"}


def look_at_proxies() -> list[Finding]:
    """Say which proxies are set, and whether the Prefect API would be asked through one."""
    proxies = {kind: urlsplit(url).hostname or "?" for kind, url in getproxies().items() if kind != "no"}
    if not proxies:
        return [Finding("proxies", "ok", "none")]
    says = ", ".join(f"{kind} through {host}" for kind, host in sorted(proxies.items()))
    address = urlsplit(os.environ.get("PREFECT_API_URL", ""))
    if address.hostname and address.scheme in proxies and not proxy_bypass(address.hostname):
        remedy = f"if that is not meant, add {address.hostname} to NO_PROXY"
        return [Finding("proxies", "warning", f"{says}: the Prefect API, too", remedy)]
    return [Finding("proxies", "ok", says)]


def look_at_telemetry() -> list[Finding]:
    """Say whether Prefect would tell its makers of its use; labelgate itself tells nobody."""
    server = os.environ.get("PREFECT_SERVER_ANALYTICS_ENABLED", "").lower() in _OFF
    client = os.environ.get("DO_NOT_TRACK", "").lower() not in {"", *_OFF}
    if server and client:
        return [Finding("telemetry", "ok", "Prefect's is off")]
    says = "Prefect's is on for what you start yourself; labelgate starts its own servers without"
    remedy = "set PREFECT_SERVER_ANALYTICS_ENABLED=false and DO_NOT_TRACK=1"
    return [Finding("telemetry", "warning", says, remedy)]


def look_at_threads() -> list[Finding]:
    """Say whether numerical libraries would start more threads than there are processors."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    told = {name: os.environ[name] for name in _THREADS if name in os.environ}
    wrong = {name: text for name, text in told.items() if not text.isdigit() or int(text) > processors}
    says = f"{processors} processors"
    if wrong:
        shown = ", ".join(f"{name}={text}" for name, text in wrong.items())
        return [Finding("threads", "warning", f"{says}, but {shown}", f"set them to {processors} at most")]
    return [Finding("threads", "ok", says + "".join(f", {name}={text}" for name, text in told.items()))]
