"""Serve a store over HTTP: gunicorn with one event loop, and our query workers beside it."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from ipaddress import ip_address
from typing import Any

from kg.errors import KGError
from kg.settings import Settings
from kg.store import snapshot_id
from kg.web import create_app
from kg.web.front import Front
from kg.web.logs import EventLog

#: A longer line of a request, which holds its URL, is refused.
_LINE_BYTES = 65_536
_KEEP_ALIVE_S = 15
#: How long running requests may go on after the signal to stop.
_GRACE_S = 10
#: How often the serving process looks whether its parent lives.
_LOOK_S = 0.5


def serve(settings: Settings) -> None:
    """Serve until a signal ends it; says on stderr where to click.

    One process answers requests; queries run in processes of their own that end with it.

    Raises:
        KGError: the port is taken, the store or the saved queries cannot be read, or this
            platform has no fork.
    """
    if not hasattr(os, "fork"):
        raise KGError(
            f"kg serve: {sys.platform} has no fork, which gunicorn needs; "
            "run it on Linux or macOS, or in WSL"
        )
    snapshot_id(settings.store)  # raises where there is something else, or a newer store
    app = create_app(settings)
    listener = _listen(settings.host, settings.port)
    # The listener is made and the address is known, so a click now is a click that works.
    print(f"Serving {_address(listener)}  (Ctrl-C ends it)", file=sys.stderr)
    _gunicorn(Front(app, log=EventLog(sys.stderr.fileno())), listener).run()


def _listen(host: str, port: int) -> socket.socket:
    where = f"{host}:{port}"
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(256)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise KGError(
            f"{where}: cannot listen there ({reason}); choose another --port or --host"
        ) from error
    return listener


def _address(listener: socket.socket) -> str:
    """Return the URL to click; a listener on all addresses is also at the local one."""
    host, port = listener.getsockname()[:2]
    address = ip_address(host)
    if address.is_unspecified:
        host = "127.0.0.1" if address.version == 4 else "::1"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _gunicorn(front: Front, listener: socket.socket) -> Any:
    """Make gunicorn's application; imported here, as it needs a platform with fork."""
    from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

    class Application(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            options = {
                "bind": f"fd://{listener.detach()}",
                "workers": 1,
                "worker_class": "kg.web.gunicorn_worker.FrontWorker",
                "graceful_timeout": _GRACE_S,
                "keepalive": _KEEP_ALIVE_S,
                "worker_connections": front.connections.most,
                "limit_request_line": _LINE_BYTES,
                # A client that left has no use for its answer.
                "asgi_disconnect_grace_period": 0,
                "asgi_lifespan": "on",
                "asgi_loop": "asyncio",
                "control_socket_disable": True,
                "loglevel": "warning",
                "proc_name": "kg serve",
                "post_worker_init": lambda _: _end_with(os.getppid()),
            }
            for name, value in options.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return front

    return Application()


def _end_with(parent: int) -> None:
    """Watch that the process which started this one lives."""
    threading.Thread(target=_end_with_parent, args=(parent,), daemon=True).start()


def _end_with_parent(parent: int) -> None:
    """End at once when the parent was killed: gunicorn would finish what runs first.

    The query workers end with this process.
    """
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os._exit(1)
