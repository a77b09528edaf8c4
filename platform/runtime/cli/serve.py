"""`formloom serve` and `formloom worker`."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import IO, Any

from ...metadata.errors import SetupError
from ...metadata.wording import say
from ..settings import Settings
from ..site import open_site
from . import Commands, language

FACTORY = "formloom.runtime.asgi:create"
HEADER_SECONDS = 30


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
    site = open_site(settings)
    lock = hold_data_dir(site.settings) if site.database.is_sqlite else None
    if args.no_jobs:
        os.environ["_FORMLOOM_NO_JOBS"] = "1"
    if args.workers > 1:
        application: Any = FACTORY
        site.close()
    else:
        application = _application(site, 0 if args.no_jobs else settings.job_threads)
    proxies = ",".join(settings.trusted_proxies)
    uvicorn.run(
        application,
        factory=args.workers > 1,
        host=args.host,
        port=args.port,
        workers=args.workers if args.workers > 1 else None,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies or None,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_keep_alive=HEADER_SECONDS,
        timeout_graceful_shutdown=20,
        h11_max_incomplete_event_size=64_000,
    )
    if lock is not None:
        lock.close()
    return 0


def _application(site: Any, job_threads: int) -> Any:
    from ..app import build_app
    from ..asgi import extensions

    return build_app(site, extensions(), job_threads=job_threads)


def work(args: argparse.Namespace, settings: Settings) -> int:
    """Do background work until stopped, or until there is none with --once."""
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


def _lock(file: IO[str]) -> None:
    if os.name != "posix":
        return
    import fcntl

    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def set_up_logging(settings: Settings) -> None:
    """Log to standard error, one line per event."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("alembic", "casbin", "httpx", "python_multipart"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
