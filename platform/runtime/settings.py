"""Settings from the environment: one dataclass, one table of names and explanations, nothing read elsewhere.

A name we do not know is refused, so that a misspelt limit does not silently stay at its default.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..metadata.errors import SetupError

PREFIX = "FORMLOOM_"
IGNORED = ("FORMLOOM_TEST_", "FORMLOOM_DEV_")
"""Prefixes that the tests and the development command use for themselves."""

SHORTEST_SECRET = 32


def setting(default: Any, words: str, unit: str = "") -> Any:
    """A dataclass field with the wording key of its explanation and the unit `--help` names."""
    return field(default=default, metadata={"words": words, "unit": unit})


@dataclass(frozen=True)
class Settings:
    """How this installation runs. Made by `from_environment`; tests make their own."""

    database_url: str = setting("", "database_url")
    data_dir: Path = setting(Path("var"), "data_dir")
    secret: str = setting("", "secret")
    base_url: str = setting("", "base_url")
    allowed_hosts: tuple[str, ...] = setting((), "allowed_hosts")
    trusted_proxies: tuple[str, ...] = setting((), "trusted_proxies")
    language: str = setting("zh", "language")
    time_zone: str = setting("Asia/Shanghai", "time_zone")
    session_hours: int = setting(24 * 7, "session_hours", "h")
    json_limit: int = setting(8_000_000, "json_limit", "bytes")
    upload_limit: int = setting(50_000_000, "upload_limit", "bytes")
    files_address: str = setting("", "files_address")
    files_endpoint: str = setting("", "files_endpoint")
    files_region: str = setting("", "files_region")
    files_key: str = setting("", "files_key")
    files_secret: str = setting("", "files_secret")
    files_loose_limit: int = setting(1_000_000_000, "files_loose_limit", "bytes")
    statement_seconds: int = setting(15, "statement_seconds", "s")
    threads: int = setting(16, "threads")
    pool_size: int = setting(10, "pool_size")
    job_threads: int = setting(1, "job_threads")
    metrics_token: str = setting("", "metrics_token")
    log_format: str = setting("plain", "log_format")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """The settings of this process. Raises SetupError for an unknown name or a value of the wrong kind."""
        environ = os.environ if environ is None else environ
        known = {PREFIX + each.name.upper(): each for each in fields(cls)}
        values: dict[str, Any] = {}
        for name, raw in environ.items():
            if not name.startswith(PREFIX) or name.startswith(IGNORED):
                continue
            if name not in known:
                raise SetupError("setup.unknown_setting", name=name)
            values[known[name].name] = _read(name, raw, known[name].default)
        return cls(**values)

    @cached_property
    def url(self) -> str:
        """The database's address; a SQLite file in the data directory when none is set."""
        return self.database_url or f"sqlite:///{self.data_dir / 'formloom.db'}"

    @property
    def https(self) -> bool:
        """Whether browsers reach us encrypted, so that cookies must be Secure."""
        return self.base_url.startswith("https://")

    @cached_property
    def hosts(self) -> frozenset[str]:
        """Host names we answer to, besides addresses written as numbers."""
        own = urlsplit(self.base_url).hostname or "localhost"
        return frozenset({"localhost", own, *self.allowed_hosts})

    def prepared(self) -> Settings:
        """The same with the data directory made and the secret read from it. Raises SetupError."""
        _require_writable(self.data_dir)
        if self.secret and len(self.secret) < SHORTEST_SECRET:
            raise SetupError("setup.short_secret", length=SHORTEST_SECRET)
        return self if self.secret else replace(self, secret=_stored_secret(self.data_dir / "secret"))


def _read(name: str, raw: str, default: Any) -> Any:
    if isinstance(default, int):
        if not raw.isascii() or not raw.isdigit() or int(raw) < (0 if default == 1 else 1):
            raise SetupError("setup.not_a_number", name=name, value=raw[:40])
        return int(raw)
    if isinstance(default, tuple):
        return tuple(part.strip() for part in raw.split(",") if part.strip())
    if isinstance(default, Path):
        return Path(raw)
    return raw.strip()


def _require_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}-{secrets.token_hex(4)}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise SetupError("setup.data_dir", folder=str(folder), reason=error.strerror or str(error)) from error


def _stored_secret(path: Path) -> str:
    """The secret kept in the data directory, made on the first start. Two starts at once agree on one."""
    if not path.exists():
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass  # another process was faster; its secret is the one
        finally:
            fresh.unlink()
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SetupError("setup.secret_readable", path=str(path))
    secret = path.read_text().strip()
    if len(secret) < SHORTEST_SECRET:
        raise SetupError("setup.short_secret", length=SHORTEST_SECRET)
    return secret
