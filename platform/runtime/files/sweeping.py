"""Uploads that no record came to use go, in two steps a day apart, and contents that no row refers to.

Between the steps a file can be had no more, but its content is still there: a backup reads the database first and
the contents after it, and must find everything it has read of.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..site import Site
from .store import CONTENTS, PICTURES, Store, key_of
from .tables import files
from .uploading import SWEEP_LOCK

log = logging.getLogger("formloom.files")

WAIT = timedelta(hours=24)
AT_ONCE = 200
"""Contents removed in one transaction."""


def sweep(site: Site, now: datetime) -> tuple[int, int]:
    """(uploads given up, contents removed)."""
    with site.database.writing() as conn:
        given_up = _give_up(conn, now)
    removed = _remove_given_up(site, now) + _remove_unknown(site, now)
    if given_up or removed:
        log.info("%s uploads were given up, %s contents removed", given_up, removed)
    return given_up, removed


def _give_up(conn: Connection, now: datetime) -> int:
    c = files.c
    stale = sa.and_(c.record_id.is_(None), c.swept_at.is_(None), c.created_at < now - WAIT)
    done = conn.execute(sa.update(files).where(stale).values(swept_at=now))
    return int(done.rowcount)


def _remove_given_up(site: Site, now: datetime) -> int:
    """Remove the rows of uploads given up a while ago, and contents that no other row has."""
    c, removed = files.c, 0
    while True:
        with site.database.writing() as conn:
            _lock(conn)
            chosen = sa.select(c.id, c.sha256).where(c.swept_at < now - WAIT).limit(AT_ONCE)
            rows = conn.execute(chosen).all()
            if not rows:
                return removed
            conn.execute(sa.delete(files).where(c.id.in_([row.id for row in rows])))
            hashes = {row.sha256 for row in rows}
            gone = hashes - _referred(conn, list(hashes))
            for sha256 in gone:
                _forget(site.files, sha256)
            removed += len(gone)


def _remove_unknown(site: Site, now: datetime) -> int:
    """Remove contents without a row: an upload was interrupted. Young ones may still get theirs."""
    removed = 0
    old = [key for key, written in site.files.keys(CONTENTS) if written < now - WAIT]
    for start in range(0, len(old), AT_ONCE):
        part = old[start : start + AT_ONCE]
        with site.database.writing() as conn:
            _lock(conn)
            by_hash = {key.rpartition("/")[2]: key for key in part}
            for sha256 in by_hash.keys() - _referred(conn, list(by_hash)):
                site.files.delete(by_hash[sha256])
                removed += 1
    pictures = [key for key, written in site.files.keys(PICTURES) if written < now - WAIT]
    for key in pictures:
        if site.files.size(key_of(key.rpartition("/")[2].partition(".")[0])) is None:
            site.files.delete(key)
    return removed


def _referred(conn: Connection, hashes: Sequence[str]) -> set[str]:
    return set(conn.scalars(sa.select(files.c.sha256).where(files.c.sha256.in_(hashes))))


def _forget(store: Store, sha256: str) -> None:
    store.delete(key_of(sha256))


def _lock(conn: Connection) -> None:
    if conn.dialect.name != "sqlite":
        conn.execute(sa.select(sa.func.pg_advisory_xact_lock(SWEEP_LOCK)))
