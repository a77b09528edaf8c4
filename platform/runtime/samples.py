"""Sample data of a package: a folder with people and rows, dated relative to the day they are loaded.

`organisation.json` holds departments and users; `records/NN_<entity>.csv` holds rows, in the order of the numbers.
The column `ref` is a row's own name, by which later rows point at it. Other columns are field keys: relations
hold refs, people logins, departments keys, choices option keys, dates `+12d`, moments `-3d 14:30`; days and
moments may also be spelt out. A moment with a minus is never later than now, so `-0d 08:30` is today even before
half past eight. Rows of a sub entity name their parent and are saved with it. `owner` and `created_at` say whose a
row is and since when.

Everything is loaded once, in one transaction, through the same doors as anything else.
"""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..metadata.errors import InvalidInput
from ..metadata.fields.multi_relation import names_in
from ..metadata.model import Entity, Field
from ..metadata.tables import state
from ..metadata.wording import LANGUAGES, register, text_of
from ..rbac import accounts, organisation
from ..rbac.passwords import matches
from ..rbac.tables import departments, users
from . import changelog
from .context import Context
from .records import Records
from .site import Site

register(Path(__file__).parent / "wording" / "samples")

CAUSE = "samples"
WHY = "sample data belongs to many people"
SHORTEST_PASSWORD = 4
"""Sample passwords are printed and typed by everybody; they protect nothing."""

_RELATIVE = re.compile(r"([+-]\d{1,4})d(?: (\d\d):(\d\d))?")

Row = dict[str, str]


def load(site: Site, folder: Path, *langs: str) -> list[str]:
    """Load the samples in `folder` unless they are there already; lines that say who may sign in, in `langs`.

    Raises InvalidInput for samples that do not fit the metadata.
    """
    people = _read_organisation(folder)
    files = _read_files(folder)
    with site.database.writing() as conn:
        ctx = Context.system(
            conn,
            site.catalog(conn),
            WHY,
            settings=site.settings,
            zone=ZoneInfo(site.settings.time_zone),
            cause=CAUSE,
        )
        mark = f"samples:{folder.parent.name}"
        if not _is_loaded(ctx, mark, files):
            _Loading(ctx, *_bring_people(ctx, people)).load(files)
            _remember(conn, mark)
        return list(_logins(conn, people, langs or LANGUAGES[:1]))


def _read_organisation(folder: Path) -> Mapping[str, Any]:
    path = folder / "organisation.json"
    found: Mapping[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return found


def _read_files(folder: Path) -> dict[str, list[Row]]:
    """Rows by entity, in the order of the files."""
    found = {}
    for path in sorted((folder / "records").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found[path.stem.partition("_")[2]] = list(csv.DictReader(file))
    return found


def _is_loaded(ctx: Context, mark: str, files: Mapping[str, Any]) -> bool:
    """Whether the samples were loaded and not all thrown away since."""
    if ctx.conn.scalar(sa.select(state.c.version).where(state.c.name == mark)) is None:
        return False
    some = [sa.exists(sa.select(ctx.catalog.table(key).c.id)) for key in files]
    return bool(ctx.conn.scalar(sa.select(sa.or_(sa.false(), *some))))


def _remember(conn: Connection, mark: str) -> None:
    conn.execute(sa.delete(state).where(state.c.name == mark))
    conn.execute(sa.insert(state).values(name=mark, version=1))


# --- people -----------------------------------------------------------------------------------------------------


def _bring_people(ctx: Context, wanted: Mapping[str, Any]) -> tuple[dict[str, int], dict[str, int]]:
    """(ids of users by login, ids of departments by key), new where they were missing."""
    conn = ctx.conn
    places: dict[str, int] = dict(
        (row.key, row.id) for row in conn.execute(sa.select(departments.c.key, departments.c.id))
    )
    logins: dict[str, int] = dict(
        (row.login, row.id) for row in conn.execute(sa.select(users.c.login, users.c.id))
    )
    for position, each in enumerate(wanted.get("departments", ())):
        if each["key"] not in places:
            places[each["key"]] = organisation.add(
                conn, each["key"], each["name"], parent=each.get("parent"), position=position
            )
    for each in wanted.get("users", ()):
        if each["login"] not in logins:
            logins[each["login"]] = _add_user(ctx, each)
    for each in wanted.get("departments", ()):
        if "head" in each:
            organisation.update(conn, each["key"], {"head_id": logins[each["head"]]})
    return logins, places


def _add_user(ctx: Context, wanted: Mapping[str, Any]) -> int:
    known = ("login", "name", "password", "department", "superior", "email", "phone", "lang")
    new = accounts.NewUser(
        **{name: wanted[name] for name in known if name in wanted}, roles=tuple(wanted.get("roles", ()))
    )
    user = accounts.create(ctx.conn, new, ctx.catalog, shortest_password=SHORTEST_PASSWORD, now=ctx.env.now)
    if wanted.get("disabled"):
        accounts.disable(ctx.conn, user, ctx.catalog)
    return user


def _logins(conn: Connection, people: Mapping[str, Any], langs: Sequence[str]) -> Iterator[str]:
    """A line for each login to try, as long as it still opens with the sample's password."""
    for each in people.get("users", ()):
        if not each.get("demo_login"):
            continue
        chosen = sa.select(users.c.password_hash).where(users.c.login == each["login"], users.c.is_active)
        if matches(conn.scalar(chosen), each["password"]):
            notes = dict.fromkeys(text_of(each.get("note", ""), lang) for lang in langs)
            yield f"{each['login']:12} {each['password']:10} {' / '.join(notes)}"


# --- rows -------------------------------------------------------------------------------------------------------


@dataclass
class _Loading:
    """What is known while rows come in: ids of people and departments, and of rows by entity and ref."""

    ctx: Context
    people: Mapping[str, int]
    places: Mapping[str, int]
    known: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    lines: dict[tuple[str, str], dict[str, list[Row]]] = field(default_factory=lambda: defaultdict(dict))

    def load(self, files: Mapping[str, Sequence[Row]]) -> None:
        """Write all rows, lines together with their record."""
        entities = {key: self.ctx.catalog.entity(key) for key in files}
        for key, entity in entities.items():
            if entity.parent:
                table = next(
                    t.key for t in self.ctx.catalog.children[entity.parent] if t.option("target") == entity.key
                )
                for row in files[key]:
                    self.lines[entity.parent, row[entity.parent]].setdefault(table, []).append(row)
        for key, entity in entities.items():
            if not entity.parent:
                self._load_entity(entity, files[key])

    def _load_entity(self, entity: Entity, rows: Sequence[Row]) -> None:
        """Write rows in waves: those that point at others of the same file wait until these are there."""
        own = [f.key for f in entity.fields.values() if f.option("target") == entity.key]
        waiting = list(rows)
        while waiting:
            here = {row["ref"] for row in waiting}
            ready = [row for row in waiting if not any(row.get(key) in here for key in own)]
            if not ready:
                raise InvalidInput("samples.circle", entity=entity.key, ref=waiting[0]["ref"])
            self._write(entity, ready)
            done = {row["ref"] for row in ready}
            waiting = [row for row in waiting if row["ref"] not in done]

    def _write(self, entity: Entity, rows: Sequence[Row]) -> None:
        keys = [key for key in rows[0] if key != "ref"]
        columns = {key: [self._value(entity, key, row[key]) for row in rows] for key in keys}
        if "owner" in columns:
            columns["created_by"] = columns["updated_by"] = columns["owner"]
        if "created_at" in columns:
            columns["created_at"] = columns["updated_at"] = [
                at and min(at, self.ctx.env.now) for at in columns["created_at"]
            ]
        for table in self.ctx.catalog.children[entity.key]:
            columns[table.key] = [self._lines_of(entity, table, row["ref"]) for row in rows]
        written = Records(self.ctx).create_many(entity.key, columns, source="form", size=len(rows))
        for row, record_id in zip(rows, written.ids, strict=True):
            assert record_id is not None
            self.known[entity.key][row["ref"]] = record_id
        self._date_changes(entity)

    def _lines_of(self, parent: Entity, table: Field, ref: str) -> list[dict[str, Any]]:
        child = self.ctx.catalog.entity(table.option("target"))
        rows = self.lines.get((parent.key, ref), {}).get(table.key, ())
        return [
            {key: self._value(child, key, text) for key, text in row.items() if key not in ("ref", parent.key)}
            for row in rows
        ]

    def _value(self, entity: Entity, key: str, text: str) -> Any:
        """What a cell means, left as text where the field's own parser reads it. Raises InvalidInput."""
        wanted = entity.all_fields[key]
        if not text:
            return None
        if wanted.behaviour.target is not None:
            return self._reference(wanted, text)
        if wanted.behaviour.several is not None:
            return [self._reference(wanted, ref) for ref in names_in(text)]
        relative = _RELATIVE.fullmatch(text)
        if relative is None or all(operator.name != "within" for operator in wanted.behaviour.operators):
            return wanted.behaviour.parse(wanted, text) if key == "created_at" else text
        today = self.ctx.env.today + timedelta(days=int(relative[1]))
        if relative[2] is None:
            return today
        moment = datetime(
            today.year, today.month, today.day, int(relative[2]), int(relative[3]), tzinfo=self.ctx.zone
        )
        return min(moment, self.ctx.env.now) if text.startswith("-") else moment

    def _reference(self, wanted: Field, text: str) -> int:
        target = str(wanted.behaviour.target or wanted.behaviour.several)
        known = {"user": self.people, "department": self.places}.get(target)
        if known is None:
            known = self.known[wanted.option("target")]
        if text not in known:
            raise InvalidInput("samples.unknown_ref", entity=wanted.entity, field=wanted.key, ref=text)
        return known[text]

    def _date_changes(self, entity: Entity) -> None:
        """Let the timeline tell that rows came when and from whom they say, lines with it. Queries: 2."""
        log, rows = changelog.changes, self.ctx.catalog.table(entity.key)
        for mine, record in ((log.c.entity, log.c.record_id), (log.c.parent, log.c.parent_id)):
            told = sa.select(rows.c.created_at, rows.c.created_by).where(rows.c.id == record)
            self.ctx.conn.execute(
                sa.update(log)
                .where(mine == entity.key, log.c.cause == CAUSE, log.c.at == self.ctx.env.now)
                .values(
                    at=told.with_only_columns(rows.c.created_at).scalar_subquery(),
                    actor=told.with_only_columns(rows.c.created_by).scalar_subquery(),
                )
            )
