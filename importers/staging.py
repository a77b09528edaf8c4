"""Imports as they are kept: the uploaded file, the decisions and what became of each row.

The file lies in the data directory under its own hash and is bound to the import by it, so that it cannot be
exchanged between the check and the apply.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from formloom.metadata import system_tables
from formloom.metadata.catalog import Catalog
from formloom.metadata.columns import UtcDateTime, identifier, plain_text
from formloom.metadata.errors import FieldError, NotFound
from formloom.metadata.uses import Stored, collector

from .options import Options
from .refusal import FileRefused
from .verdict import Verdicts

if TYPE_CHECKING:
    from formloom.runtime.context import Context

metadata = sa.MetaData()

imports = sa.Table(
    "fl_import",
    metadata,
    sa.Column("id", identifier(), primary_key=True, autoincrement=True),
    sa.Column("entity", plain_text(), nullable=False),
    sa.Column("actor", identifier()),
    sa.Column("file_name", plain_text(), nullable=False),
    sa.Column("file_hash", plain_text(), nullable=False),
    sa.Column("options", sa.Text, nullable=False),
    sa.Column("state", plain_text(), nullable=False),
    sa.Column("counts", sa.Text),
    sa.Column("verdicts", sa.Text),
    sa.Column("error", sa.Text),
    sa.Column("job", identifier()),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime),
    sqlite_autoincrement=True,
)
system_tables.register(metadata)

STAGED, CHECKED, APPLYING, DONE, FAILED, CANCELLED, UNDONE = (
    "staged",
    "checked",
    "applying",
    "done",
    "failed",
    "cancelled",
    "undone",
)


@collector
def waiting(conn: Connection, catalog: Catalog) -> Iterator[Stored]:
    """Imports that are not over, with the fields their columns go to. Queries: 1."""
    c = imports.c
    chosen = sa.select(c.id, c.entity, c.file_name, c.options).where(c.state.in_((STAGED, CHECKED, APPLYING)))
    for row in conn.execute(chosen.order_by(c.id)):
        options = json.loads(row.options)
        named = {key for key in (options.get("map") or {}).values() if key} | set(options.get("key") or ())
        yield Stored("import", str(row.id), row.file_name, row.entity, frozenset({"", *named}))


@dataclass(frozen=True, slots=True)
class Import:
    """One import. `counts` as `Verdicts.counts`; `error` is a problem document's code and texts."""

    id: int
    entity: str
    actor: int | None
    file_name: str
    file_hash: str
    options: Options
    state: str
    counts: Mapping[str, int]
    error: Mapping[str, Any] | None
    job: int | None
    created_at: datetime
    finished_at: datetime | None

    @property
    def written(self) -> int:
        """Number of rows this import has put into the database."""
        return self.counts.get("written", 0)

    @property
    def cause(self) -> str:
        """What the change log notes for everything this import writes."""
        return f"import:{self.id}"


def keep_file(data_dir: Path, content: bytes) -> str:
    """The hash under which the content is now kept. Whole or not at all, whatever happens meanwhile."""
    digest = hashlib.sha256(content).hexdigest()
    target = file_path(data_dir, digest)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(f".{os.getpid()}.part")
        partial.write_bytes(content)
        partial.replace(target)
    return digest


def file_path(data_dir: Path, digest: str) -> Path:
    """Where a kept file lies."""
    return data_dir / "imports" / digest[:2] / digest


def checked_path(data_dir: Path, record: Import) -> Path:
    """The import's file, proven to be the one uploaded. Raises FileRefused."""
    return proven(data_dir, record.file_hash)


def proven(data_dir: Path, digest: str) -> Path:
    """The kept file whose content has this hash. Raises FileRefused."""
    path = file_path(data_dir, digest)
    if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        raise FileRefused("import.file_gone")
    return path


def stage(ctx: Context, entity: str, file_name: str, digest: str, options: Options) -> int:
    """The id of a new import, staged."""
    values = {
        "entity": entity,
        "actor": ctx.actor.id,
        "file_name": Path(file_name.replace("\\", "/")).name[:200] or "import",
        "file_hash": digest,
        "options": json.dumps(options.dump(), ensure_ascii=False),
        "state": STAGED,
        "created_at": ctx.now,
    }
    return int(ctx.conn.execute(sa.insert(imports).values(**values).returning(imports.c.id)).scalar_one())


def find(conn: Connection, import_id: int, actor: int | None) -> Import:
    """The import, if it is this actor's. Raises NotFound."""
    query = sa.select(*(c for c in imports.c if c.name != "verdicts")).where(imports.c.id == import_id)
    row = conn.execute(query).mappings().first()
    if row is None or (actor is not None and row["actor"] != actor):
        raise NotFound()
    return _read(row)


def recent(conn: Connection, actor: int, limit: int = 20) -> list[Import]:
    """The actor's newest imports."""
    query = sa.select(*(c for c in imports.c if c.name != "verdicts")).where(imports.c.actor == actor)
    return [_read(row) for row in conn.execute(query.order_by(imports.c.id.desc()).limit(limit)).mappings()]


def _read(row: sa.RowMapping) -> Import:
    given = {name: row[name] for name in Import.__slots__ if name in row}
    return Import(
        **given
        | {
            "options": Options.parse(json.loads(row["options"])),
            "counts": json.loads(row["counts"] or "{}"),
            "error": json.loads(row["error"]) if row["error"] else None,
        }
    )


def change(conn: Connection, import_id: int, **values: Any) -> None:
    """Store new values of an import; JSON is written from objects."""
    for name in ("options", "counts", "error"):
        if values.get(name) is not None:
            values[name] = json.dumps(values[name], ensure_ascii=False)
    conn.execute(sa.update(imports).where(imports.c.id == import_id).values(**values))


def move(conn: Connection, record: Import, to: str, **values: Any) -> bool:
    """Change the state, if the import is still as `record` has it; False when somebody else was faster."""
    unchanged = sa.and_(imports.c.state == record.state, imports.c.job.is_not_distinct_from(record.job))
    query = sa.update(imports).where(imports.c.id == record.id, unchanged)
    return conn.execute(query.values(state=to, **values)).rowcount == 1


def store_verdicts(conn: Connection, import_id: int, verdicts: Verdicts) -> None:
    """Keep what became of each row, for the report and the wizard."""
    content = {
        "total": verdicts.total,
        "written": verdicts.written,
        "created": list(verdicts.created.items()),
        "updated": list(verdicts.updated.items()),
        "skipped": list(verdicts.skipped.items()),
        "refused": _dump_errors(verdicts.refused),
        "warnings": _dump_errors(verdicts.warnings),
    }
    text = json.dumps(content, ensure_ascii=False, default=str)
    values = {"verdicts": text, "counts": json.dumps(verdicts.counts())}
    conn.execute(sa.update(imports).where(imports.c.id == import_id).values(**values))


def _dump_errors(errors: Mapping[int, list[FieldError]]) -> list[Any]:
    return [[position, [[e.field, e.code, e.data] for e in found]] for position, found in errors.items()]


def load_verdicts(conn: Connection, import_id: int) -> Verdicts:
    """What became of each row; empty before the first check."""
    text = conn.execute(sa.select(imports.c.verdicts).where(imports.c.id == import_id)).scalar()
    if not text:
        return Verdicts()
    content = json.loads(text)
    return Verdicts(
        total=content["total"],
        written=content["written"],
        created=dict(content["created"]),
        updated=dict(content["updated"]),
        skipped=dict(content["skipped"]),
        refused=_load_errors(content["refused"]),
        warnings=_load_errors(content["warnings"]),
    )


def _load_errors(raw: list[Any]) -> dict[int, list[FieldError]]:
    return {position: [FieldError(*error) for error in errors] for position, errors in raw}
