"""One of many gates, as a process of its own. Reads its order on standard input, writes its answer to a file.

Standard input stays open: when it ends, whoever gave the order is gone, and the gate ends as by Ctrl-C.
"""

import json
import os
import signal
import sys
import threading
import time
from base64 import b64decode
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cl_flows.config import GateConfig
from cl_flows.many.entry import GateEntry
from cl_flows.outcome import GateResult

# For what does not end by Ctrl-C, such as a call into C.
_GRACE_S = 20.0


def main() -> None:
    """Run the gate that standard input describes."""
    order = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with redirect_stdout(sys.stderr):
        entry = _entry(order)
    answer = Path(order["answer"])
    beside = answer.with_suffix(".partial")
    beside.write_text(json.dumps(asdict(entry)), encoding="utf-8")
    beside.replace(answer)
    # A plugin that ran out of time may still run, and its threads would keep the process from ending.
    sys.stderr.flush()
    os._exit(0)


def _entry(order: dict[str, Any]) -> GateEntry:
    try:
        return GateEntry.of(order["source"], _run(order))
    except Exception as error:  # noqa: BLE001 - it is told, by the parent, as what became of this gate
        return GateEntry.of_error(order["source"], error)


def _run(order: dict[str, Any]) -> GateResult:
    config = GateConfig.model_validate(order["config"])
    if order["context"]:
        from cl_flows.many.subflow import run_subflow

        return run_subflow(
            config, b64decode(order["context"]), name=order["name"], advisory=order["advisory"]
        )
    from cl_flows.direct import run_direct

    return run_direct(config)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(_GRACE_S)
    os._exit(1)


if __name__ == "__main__":
    main()
