"""The console's pages, by sqladmin, and the only file that imports it.

Everything is for looking, because a bare write would pass by the rules: the policy's version, the last
administrator, changesets. Three things can be ended from here, each through the function that knows how: sessions,
tokens and jobs. Nothing is exported, so no spreadsheet runs what somebody typed into a name.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, cast

import sqlalchemy as sa
from anyio import to_thread
from markupsafe import Markup
from sqladmin import Admin, ModelView
from sqlalchemy import exc
from sqlalchemy.engine import Connection
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request

from ...rbac import tables as rbac_tables
from ...rbac import tokens
from .. import job_queue
from ..render import asset
from ..site import Site
from . import ADDRESS, models
from .door import Door
from .tables import TABLES, Shown
from .words import language, lazily, plural, translated

TEMPLATES = Path(__file__).parents[1] / "templates" / "console"
LONGEST_CELL = 80


class Console(Admin):
    """sqladmin, with our templates before its own and our words in place of its catalogues."""

    def init_templating_engine(self) -> Any:
        templates = super().init_templating_engine()
        translations: Any = templates.env
        translations.install_gettext_callables(translated, plural, newstyle=True)
        templates.env.globals.update(language=language, asset=asset)
        return templates


def _cell(model: Any, name: Any) -> Any:
    value = getattr(model, name)
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S UTC")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_CELL else text[:LONGEST_CELL] + "…"


def _whole(model: Any, name: Any) -> Any:
    value = getattr(model, name)
    if value is None:
        return ""
    if isinstance(value, str) and value[:1] in "{[":
        value = json.loads(value)
    return Markup("<pre>{}</pre>").format(json.dumps(value, ensure_ascii=False, indent=2, default=str))


class TableView(ModelView):
    """A table to look at, and where `end` is given, to end rows of: the page calls that deleting."""

    can_create = False
    can_edit = False
    can_delete = False
    can_export = False
    page_size = 50
    page_size_options: ClassVar[list[int]] = [50, 100]
    site: ClassVar[Site]
    ends: ClassVar[str | None] = None

    def search_placeholder(self) -> str:
        """The searched columns by their labels."""
        return ", ".join(str(self._column_labels.get(name, name)) for name in self.column_searchable_list)

    async def get_object_for_details(self, request: Request) -> Any:
        """The row, or None for an address that names none, whatever it says."""
        try:
            return await super().get_object_for_details(request)
        except (ValueError, TypeError, OverflowError, exc.StatementError):
            return None

    async def get_object_for_delete(self, value: Any) -> Any:
        return value

    async def delete_model(self, request: Request, pk: Any) -> None:
        if self.ends is not None:
            await to_thread.run_sync(self._end, _ENDINGS[self.ends], str(pk))

    def _end(self, ending: Callable[[Connection, str], None], key: str) -> None:
        with self.site.database.writing() as conn:
            ending(conn, key)


def _end_session(conn: Connection, key: str) -> None:
    """Who has the session must sign in again."""
    found = rbac_tables.sessions
    mark = sa.func.substr(found.c.token_hash, 1, models.MARK, type_=sa.String())
    conn.execute(sa.delete(found).where(mark == key))


def _end_token(conn: Connection, key: str) -> None:
    """The token is revoked; it stays in the list."""
    tokens.revoke(conn, int(key))


def _end_job(conn: Connection, key: str) -> None:
    """A waiting job is cancelled, a running one asked to stop."""
    job_queue.cancel(conn, int(key))


_ENDINGS = {"session": _end_session, "token": _end_token, "job": _end_job}


def views() -> list[type[TableView]]:
    """A view class for each table."""
    return [_view(shown) for shown in TABLES]


def _view(shown: Shown) -> type[TableView]:
    listed = list(shown.columns)[: shown.listed]
    columns = shown.model.__mapper__.columns
    moments = [name for name in shown.columns if _is_moment(columns[name].type)]
    members = {
        "name": lazily(shown.name),
        "name_plural": lazily(shown.plural),
        "icon": f"fa-solid fa-{shown.icon}",
        "column_list": listed,
        "column_sortable_list": listed,
        "column_searchable_list": list(shown.searched),
        "column_details_list": list(shown.columns),
        "column_labels": {name: lazily(label) for name, label in shown.columns.items()},
        "column_formatters": {name: _cell for name in (*shown.structured, *moments)},
        "column_formatters_detail": {**dict.fromkeys(moments, _cell), **dict.fromkeys(shown.structured, _whole)},
        "column_default_sort": [(shown.newest, True)] if shown.newest else [],
        "can_delete": shown.end is not None,
        "ends": shown.end,
    }
    name = f"{shown.model.__name__}View"
    view = types.new_class(name, (TableView,), {"model": shown.model}, lambda namespace: namespace.update(members))
    return cast("type[TableView]", view)


def _is_moment(kind: Any) -> bool:
    return isinstance(kind, sa.DateTime) or isinstance(getattr(kind, "impl", None), sa.DateTime)


def build(site: Site) -> Starlette:
    """The console's application."""
    console = Console(
        Starlette(),
        engine=site.database.engine,
        base_url=ADDRESS,
        title="Formloom",
        templates_dir=str(TEMPLATES),
        middlewares=[Middleware(Door, site=site)],
    )
    for view in views():
        view.site = site
        console.add_view(view)
    return console.admin
