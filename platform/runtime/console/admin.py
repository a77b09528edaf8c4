"""The console's pages, by sqladmin, and the only file that imports it.

Everything is for looking, because a bare write would pass by the rules: the policy's version, the last
administrator, changesets. Three things can be ended from here, each through the function that knows how: sessions,
tokens and jobs. Nothing is exported, so no spreadsheet runs what somebody typed into a name.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy as sa
from anyio import to_thread
from markupsafe import Markup
from sqladmin import Admin, ModelView
from sqlalchemy import exc
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request

from ...rbac import tables as rbac_tables
from ...rbac import tokens
from .. import job_queue
from ..site import Site
from . import ADDRESS, models
from .door import Door
from .words import language, lazily, plural, translated

TEMPLATES = Path(__file__).parents[1] / "templates" / "console"
LONGEST_CELL = 80
_TRANSLATION = {"gettext": translated, "ngettext": plural}


class Console(Admin):
    """sqladmin, with our templates before its own and our words in place of its catalogues."""

    def init_templating_engine(self) -> Any:
        templates = super().init_templating_engine()
        translations: Any = templates.env
        translations.install_gettext_callables(translated, plural, newstyle=True)
        templates.env.globals["language"] = language
        return templates


def _cell(model: Any, name: Any) -> Any:
    value = getattr(model, name)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S UTC")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_CELL else text[:LONGEST_CELL] + "…"


def _whole(model: Any, name: Any) -> Any:
    value = getattr(model, name)
    if isinstance(value, str) and value[:1] in "{[":
        value = json.loads(value)
    return Markup("<pre>{}</pre>").format(json.dumps(value, ensure_ascii=False, indent=2, default=str))


class Shown(ModelView):
    """A table to look at."""

    can_create = False
    can_edit = False
    can_delete = False
    can_export = False
    page_size = 50
    page_size_options: ClassVar[list[int]] = [50, 100]
    site: ClassVar[Site]

    async def get_object_for_details(self, request: Request) -> Any:
        """The row, or None for an address that names none, whatever it says."""
        try:
            return await super().get_object_for_details(request)
        except (ValueError, TypeError, OverflowError, exc.StatementError):
            return None


def _view(model: Any, names: tuple[str, str], icon: str, columns: dict[str, str], **more: Any) -> type[Shown]:
    """The view of a table. `columns` are its columns and their labels; `listed` are the first so many of them."""
    listed, base = more.pop("listed", 6), more.pop("base", Shown)
    structured = more.pop("structured", ())
    moments = [name for name, column in model.__mapper__.columns.items() if _is_moment(column.type)]
    members = {
        "identity": model.__name__.lower(),
        "name": lazily(names[0]),
        "name_plural": lazily(names[1]),
        "icon": icon,
        "column_list": list(columns)[:listed],
        "column_details_list": list(columns),
        "column_labels": {name: lazily(label) for name, label in columns.items()},
        "column_sortable_list": list(columns)[:listed],
        "column_formatters": {name: _cell for name in (*structured, *moments)},
        "column_formatters_detail": {**{n: _cell for n in moments}, **{n: _whole for n in structured}},
        **more,
    }
    return type(Shown)(f"{model.__name__}View", (base,), members, model=model)


def _is_moment(kind: Any) -> bool:
    return isinstance(kind, sa.DateTime) or isinstance(getattr(kind, "impl", None), sa.DateTime)


class Endable(Shown):
    """A table whose rows can be ended: what the page calls deleting calls `end`."""

    can_delete = True

    async def delete_model(self, request: Request, pk: Any) -> None:
        await to_thread.run_sync(self.end, str(pk))

    async def get_object_for_delete(self, value: Any) -> Any:
        return value

    def end(self, key: str) -> None:
        """End the row `key`."""
        raise NotImplementedError


class EndableSession(Endable):
    """Sessions: ended ones have to sign in again."""

    def end(self, key: str) -> None:
        found = rbac_tables.sessions
        mark = sa.func.substr(found.c.token_hash, 1, models.MARK)
        with self.site.database.writing() as conn:
            conn.execute(sa.delete(found).where(mark == key))


class EndableToken(Endable):
    """Tokens: revoked ones stay in the list."""

    def end(self, key: str) -> None:
        with self.site.database.writing() as conn:
            tokens.revoke(conn, int(key))


class EndableJob(Endable):
    """Jobs: waiting ones are cancelled, running ones asked to stop."""

    def end(self, key: str) -> None:
        with self.site.database.writing() as conn:
            job_queue.cancel(conn, int(key))


def _newest(column: str) -> dict[str, Any]:
    return {"column_default_sort": [(column, True)]}


def views() -> list[type[Shown]]:
    """All views, in the order of the menu."""
    return [*_people(), *_system()]


def _people() -> list[type[Shown]]:
    user = {
        "id": "Number",
        "login": "Login",
        "name": "Name",
        "department_id": "Department",
        "is_active": "Active",
        "last_login_at": "Last sign-in",
        "superior_id": "Superior",
        "email": "E-mail",
        "phone": "Phone",
        "kind": "Kind",
        "lang": "Language",
        "zone": "Time zone",
        "theme": "Theme",
        "must_change_password": "Must change password",
        "created_at": "Created",
    }
    department = {
        "id": "Number",
        "key": "Key",
        "name_zh": "Name (zh)",
        "name_en": "Name (en)",
        "parent_id": "Parent",
        "head_id": "Head",
        "path": "Path",
        "position": "Position",
        "is_active": "Active",
    }
    session = {
        "mark": "Mark",
        "user_id": "User",
        "created_at": "Created",
        "seen_at": "Seen",
        "expires_at": "Expires",
        "address": "Address",
        "user_agent": "Browser",
    }
    token = {
        "id": "Number",
        "user_id": "User",
        "name": "Name",
        "created_at": "Created",
        "expires_at": "Expires",
        "last_used_at": "Last used",
        "revoked_at": "Revoked",
        "scope": "Scope",
    }
    role = {"user_id": "User", "role_key": "Role"}
    found = ["login", "name"]
    return [
        _view(models.User, ("User", "Users"), "fa-solid fa-user", user, column_searchable_list=found),
        _view(models.Department, ("Department", "Departments"), "fa-solid fa-sitemap", department),
        _view(models.UserRole, ("Role of a user", "Roles of users"), "fa-solid fa-user-tag", role),
        _view(
            models.Session,
            ("Session", "Sessions"),
            "fa-solid fa-right-to-bracket",
            session,
            base=EndableSession,
            **_newest("created_at"),
        ),
        _view(
            models.Token,
            ("Token", "Tokens"),
            "fa-solid fa-key",
            token,
            base=EndableToken,
            structured=("scope",),
            **_newest("id"),
        ),
    ]


def _system() -> list[type[Shown]]:
    document = {
        "id": "Number",
        "kind": "Kind",
        "key": "Key",
        "layer": "Layer",
        "changeset": "Changeset",
        "document": "Document",
        "base": "Base",
    }
    changeset = {
        "number": "Number",
        "layer": "Layer",
        "actor": "Actor",
        "note": "Note",
        "applied_at": "Applied",
        "reverts": "Reverts",
        "changes": "Changes",
        "packages": "Packages",
        "steps": "Steps",
    }
    change = {
        "seq": "Number",
        "entity": "Entity",
        "record_id": "Record",
        "op": "Operation",
        "actor": "Actor",
        "at": "At",
        "cause": "Cause",
        "rev": "Revision",
        "old": "Old values",
    }
    job = {
        "id": "Number",
        "kind": "Kind",
        "state": "State",
        "progress_done": "Progress",
        "progress_total": "Total",
        "created_at": "Created",
        "finished_at": "Finished",
        "actor": "Actor",
        "message": "Message",
        "attempts": "Attempts",
        "started_at": "Started",
        "lease_until": "Lease until",
        "cancel_requested": "Cancel requested",
        "payload": "Payload",
        "result": "Result",
    }
    package = {
        "key": "Key",
        "version": "Version",
        "installed_at": "Installed",
        "changeset": "Changeset",
        "label": "Label",
    }
    return [
        _view(
            models.Document,
            ("Document", "Documents"),
            "fa-solid fa-file-code",
            document,
            listed=5,
            structured=("document", "base"),
            column_searchable_list=["key"],
        ),
        _view(
            models.Changeset,
            ("Changeset", "Changesets"),
            "fa-solid fa-code-commit",
            changeset,
            structured=("changes", "packages", "steps"),
            **_newest("number"),
        ),
        _view(models.Package, ("Package", "Packages"), "fa-solid fa-box", package, structured=("label",)),
        _view(
            models.Change,
            ("Change", "Change log"),
            "fa-solid fa-clock-rotate-left",
            change,
            listed=7,
            structured=("old",),
            **_newest("seq"),
        ),
        _view(
            models.Job,
            ("Job", "Jobs"),
            "fa-solid fa-gears",
            job,
            listed=8,
            base=EndableJob,
            structured=("payload", "result"),
            **_newest("id"),
        ),
    ]


def build(app: Starlette, site: Site) -> None:
    """Mount the console on the application."""
    console = Console(
        app,
        engine=site.database.engine,
        base_url=ADDRESS,
        title="Formloom",
        templates_dir=str(TEMPLATES),
        middlewares=[Middleware(Door, site=site)],
    )
    for view in views():
        view.site = site
        console.add_view(view)
