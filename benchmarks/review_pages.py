"""What the review pages cost on a large run: time on the server and weight of every page and filter.

Run: python benchmarks/review_pages.py [--rows 1000000] [--classes 1000]

The run is that of review_scale.py. A real server (`labelgate review`) is asked over HTTP; the first call
opens the run. Prints milliseconds of the first call, the median of five later ones, bytes as sent, and the
server's memory at the end: in all, and what is its own (the rest are files read in place, and libraries).
"""

import argparse
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np

from review_scale import make_run

_REPEATS = 5
_PROGRAM = "import sys; from cl_flows.cli import main; main(sys.argv[1:])"


def serve(output: Path) -> tuple[subprocess.Popen[str], str]:
    """Start the pages and return their address."""
    command = [
        sys.executable,
        "-c",
        _PROGRAM,
        "review",
        "--no-browser",
        "--who",
        "kim",
        "--output",
        str(output),
    ]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    line = server.stderr.readline() if server.stderr else ""
    return server, next(word for word in line.split() if word.startswith("http")).rstrip("/")


def pages(run: str, k: int) -> dict[str, str]:
    """Return the pages to ask for, by what they are."""
    some, other = f"class {k // 2:04}", "class 0001"
    rows = f"{run}/rows"
    return {
        "runs": "/",
        "run": run,
        "gallery, first page": rows,
        "gallery, far page": f"{rows}?start=20000",
        "all rows": f"{rows}?which=all&state=all",
        "given label": f"{rows}?given={some}&which=all",
        "pair": f"{rows}?given={some}&suggested={other}&which=all&state=all",
        "either label": f"{rows}?label={some}",
        "quality": f"{rows}?from=0.1&below=0.5",
        "slice": f"{rows}?column=site&value=north",
        "id": f"{rows}?q=row-00012345&which=all",
        "word": f"{rows}?q=word47",
        "decided": f"{rows}?state=decided",
        "double review": f"{rows}?double=1",
        "one row": f"{rows}/5",
        "one row at the side": f"{rows}/5?part=1",
        "classes to choose from": f"{run}/classes.json",
        "many at once": f"{run}/bulk?below=0.01",
        "corrections": f"{run}/export",
        "audit": f"{run}/audit",
    }


def ask(client: httpx.Client, path: str) -> tuple[list[float], int]:
    """Return milliseconds of every call and the bytes of the page."""
    times, size = [], 0
    for _ in range(1 + _REPEATS):
        began = time.perf_counter()
        answer = client.get(path, headers={"accept": "text/html"})
        times.append((time.perf_counter() - began) * 1e3)
        answer.raise_for_status()
        size = len(answer.content)
    return times, size


def decide(client: httpx.Client, url: str, run: str, n: int) -> list[float]:
    """Return milliseconds from a key to the acknowledgement, for some rows."""
    page = client.get(f"{run}/rows", headers={"accept": "text/html"}).text
    word = page.partition('name="csrf" content="')[2].partition('"')[0]
    headers = {"origin": url, "x-csrf-token": word, "accept": "application/json"}
    times = []
    for position in range(n):
        form = {"position": str(position), "action": "keep", "token": secrets.token_hex(8)}
        began = time.perf_counter()
        client.post(f"{run}/decisions", data=form, headers=headers).raise_for_status()
        times.append((time.perf_counter() - began) * 1e3)
    return times


def memory(pid: int) -> str:
    """Say how much memory a process holds, and the most it held."""
    said = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    mb = {name: int(said.partition(f"{name}:")[2].split()[0]) / 1e3 for name in ("VmRSS", "RssAnon", "VmHWM")}
    return f"{mb['VmRSS']:,.0f} MB, {mb['RssAnon']:,.0f} MB of it its own; {mb['VmHWM']:,.0f} MB at most"


def main() -> None:
    """Make the run, serve it, ask for everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--classes", type=int, default=1_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder)
        make_run(output, given.rows, given.classes)
        run = f"/runs/{next(output.glob('2*-*')).name}"
        server, url = serve(output)
        try:
            with httpx.Client(base_url=url, timeout=120) as client:
                for name, path in pages(run, given.classes).items():
                    times, size = ask(client, path)
                    later = float(np.median(times[1:]))
                    print(f"{name:24} first {times[0]:8.0f} ms   then {later:6.0f} ms   {size / 1e3:7.0f} kB")
                times = decide(client, url, run, 20)
                print(f"memory: {memory(server.pid)}")
                print(f"{'a decision':24} first {times[0]:8.0f} ms   then {np.median(times[1:]):6.0f} ms")
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
