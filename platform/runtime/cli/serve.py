"""`formloom serve` and `formloom worker`."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from ...metadata.errors import SetupError
from ...metadata.wording import say
from ..logs import set_up_logging
from ..settings import Settings
from ..site import open_site
from . import Commands, language

FACTORY = "formloom.runtime.asgi:create"
KEEP_ALIVE_SECONDS = 30
SHUTDOWN_SECONDS = 20
LONGEST_HEAD = 64_000


def add_commands(commands: Commands[Any]) -> None:
    """Add `serve` and `worker`."""
    lang = language()
    serving = commands.add_parser("serve", help=say("cli.serve", lang))
    serving.add_argument("--host", default="127.0.0.1")
    serving.add_argument("--port", type=int, default=8000)
    serving.add_argument("--workers", type=int, default=1, help=say("cli.serve.workers", lang))
    serving.add_argument("--no-jobs", action="store_true", help=say("cli.serve.no_jobs", lang))
    serving.set_defaults(run=serve)
    working = commands.add_parser("worker", help=say("cli.worker", lang))
    working.add_argument("--threads", type=int, default=1)
    working.add_argument("--once", action="store_true", help=say("cli.worker.once", lang))
    working.set_defaults(run=work)


def serve(args: argparse.Namespace, settings: Settings) -> int:
    """Serve until stopped. Everything that could be wrong is checked before the port is opened."""
    import uvicorn

    set_up_logging(settings)
    with ExitStack() as held:
        site = open_site(settings)
        held.callback(site.close)
        if site.database.is_sqlite:
            held.enter_context(hold_data_dir(site.settings))
        require_free_port(args.host, args.port)
        many = args.workers > 1
        if args.no_jobs:
            os.environ["_FORMLOOM_NO_JOBS"] = "1"
        application = FACTORY if many else _application(site, 0 if args.no_jobs else settings.job_threads)
        if many:
            site.close()
        uvicorn.run(
            application,
            factory=many,
            workers=args.workers if many else None,
            host=args.host,
            port=args.port,
            **_server_options(settings),
        )
    return 0


def _server_options(settings: Settings) -> dict[str, Any]:
    """What the server is told besides the application and the address."""
    return {
        "proxy_headers": bool(settings.trusted_proxies),
        "forwarded_allow_ips": list(settings.trusted_proxies) or None,
        "server_header": False,
        "access_log": False,
        "log_config": None,
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": SHUTDOWN_SECONDS,
        "h11_max_incomplete_event_size": LONGEST_HEAD,
    }


def _application(site: Any, job_threads: int) -> Any:
    from ..app import build_app
    from ..asgi import extensions

    return build_app(site, extensions(), job_threads=job_threads)


def work(args: argparse.Namespace, settings: Settings) -> int:
    """Do background work until stopped, or until there is none with --once."""
    from .. import job_kinds  # noqa: F401  (so that the worker knows them)
    from ..asgi import extensions
    from ..extension import extended
    from ..jobs import Worker

    set_up_logging(settings)
    extended(extensions())
    site = open_site(settings)
    worker = Worker(site.database, site.settings, threads=args.threads, site=site)
    if args.once:
        while worker.run_once():
            pass
        site.close()
        return 0
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    worker.start()
    stopped.wait()
    worker.stop()
    site.close()
    return 0


def hold_data_dir(settings: Settings) -> IO[str]:
    """An open lock file that says this process serves the data directory. Raises SetupError when another does.

    The system drops the lock with the process, however it ends, so nothing stale can be left behind.
    """
    path = settings.data_dir / "serve.lock"
    file = path.open("a+")
    try:
        _lock(file)
    except OSError:
        file.seek(0)
        holder = file.read().strip()
        file.close()
        raise SetupError("setup.in_use", folder=str(Path(settings.data_dir)), process=holder or "?") from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def require_free_port(host: str, port: int) -> None:
    """Raises SetupError when nobody can listen there."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError) as error:
        raise SetupError("setup.port", address=f"{host}:{port}", reason=str(error)) from None


def _lock(file: IO[str]) -> None:
    if os.name != "posix":
        return
    import fcntl

    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
