"""A private Prefect server as a process of its own: it ends when its parent does. Run with ``-m``."""

import os
import sys
import threading


def main() -> None:
    """Serve Prefect's API on the loopback port given first; `--clock` also starts runs that are due."""
    import uvicorn
    from prefect.server.api.server import create_app

    # Prefect runs its scheduler only in servers that it does not take for passing ones.
    app = create_app(ephemeral="--clock" not in sys.argv)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error"))
    threading.Thread(target=_end_with_parent, args=(server,), daemon=True).start()
    server.run()


def _end_with_parent(server: object) -> None:
    """Wait until the parent closes our standard input, by intent or by dying."""
    sys.stdin.buffer.read()
    server.should_exit = True  # type: ignore[attr-defined]
    # A server stuck in a request must not outlive its parent.
    threading.Timer(5.0, os._exit, args=(0,)).start()


if __name__ == "__main__":
    main()
