"""The tree of departments, kept by administrators."""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from ...metadata.errors import FormloomError
from ...metadata.wording import say
from ...rbac import organisation
from ..context import Context
from ..http.call import Call
from ..http.serve import page
from ..render import render
from . import people
from .moves import moved
from .refusals import messages_of

LONGEST_KEY = 40


def show_departments(ctx: Context, call: Call) -> Response:
    """The tree. Queries: 3."""
    people.require_administrator(ctx)
    return render(ctx, "departments.html", departments=people.department_tree(ctx))


def show_new(ctx: Context, call: Call) -> Response:
    """The form of a new department, below the one named `parent`."""
    people.require_administrator(ctx)
    blank = {"key": "", "name_zh": "", "name_en": "", "head_id": None, "head": "", "is_active": True, "path": ""}
    return _form(ctx, {**blank, "parent_id": call.query.number("parent", 0) or None})


def show_department(ctx: Context, call: Call) -> Response:
    """The form of a department."""
    people.require_administrator(ctx)
    return _form(ctx, people.read_department(ctx, call.path["key"]))


def _form(ctx: Context, department: dict[str, Any], error: FormloomError | None = None) -> Response:
    errors = messages_of(error, ctx.lang)
    return render(
        ctx,
        "department.html",
        status=error.status if error else 200,
        department=department,
        errors=errors,
        problem=error.message(ctx.lang) if error and not errors else "",
        parents=people.department_choices(ctx, department["path"]),
    )


def create(ctx: Context, call: Call) -> Response:
    """Adds a department. Its key is made from its name."""
    people.require_administrator(ctx)
    typed = _typed(call)
    tree = people.department_tree(ctx)
    try:
        key = free_key(typed["name_en"] or typed["name_zh"], {department.key for department in tree})
        parent = next((d.key for d in tree if d.id == typed["parent_id"]), None)
        organisation.add(ctx.conn, key, _names(typed), parent=parent)
        organisation.update(ctx.conn, key, {"head_id": typed["head_id"]})
    except FormloomError as error:
        return _form(ctx, {"key": "", "head": "", "is_active": True, "path": "", **typed}, error)
    return moved(ctx, call, "/admin/departments", say("users.department_created", ctx.lang))


def change(ctx: Context, call: Call) -> Response:
    """Renames a department, gives it a head, hangs it elsewhere."""
    people.require_administrator(ctx)
    before = people.read_department(ctx, call.path["key"])
    typed = _typed(call)
    try:
        organisation.update(ctx.conn, before["key"], {"name": _names(typed), "head_id": typed["head_id"]})
        if typed["parent_id"] != before["parent_id"]:
            tree = people.department_tree(ctx)
            organisation.move(
                ctx.conn, before["key"], next((d.key for d in tree if d.id == typed["parent_id"]), None)
            )
    except FormloomError as error:
        return _form(ctx, {**before, **typed}, error)
    return moved(ctx, call, "/admin/departments", say("users.department_changed", ctx.lang))


def remove(ctx: Context, call: Call) -> Response:
    """Removes a department nobody belongs to."""
    people.require_administrator(ctx)
    before = people.read_department(ctx, call.path["key"])
    try:
        organisation.delete(ctx.conn, before["key"])
    except FormloomError as error:
        return _form(ctx, before, error)
    return moved(ctx, call, "/admin/departments", say("users.department_removed", ctx.lang))


def _typed(call: Call) -> dict[str, Any]:
    zh, en = call.form.one("name_zh").strip(), call.form.one("name_en").strip()
    return {
        "name_zh": zh,
        "name_en": en,
        "parent_id": call.form.number("parent_id", 0) or None,
        "head_id": call.form.number("head_id", 0) or None,
    }


def _names(typed: dict[str, Any]) -> dict[str, str]:
    """Both names; one stands for the other where only one was given."""
    return {"zh": typed["name_zh"] or typed["name_en"], "en": typed["name_en"] or typed["name_zh"]}


def free_key(name: str, taken: set[str]) -> str:
    """A key that sounds like the name and is not taken."""
    # Imported here because its tables of characters take longer to load than all the rest of a start.
    from pypinyin import lazy_pinyin

    sound = "_".join(lazy_pinyin(name.lower()))
    plain = re.sub(r"[^a-z0-9]+", "_", sound).strip("_")[:LONGEST_KEY] or "department"
    base = plain if plain[0].isalpha() else f"d_{plain}"
    key, number = base, 2
    while key in taken:
        key, number = f"{base}_{number}", number + 1
    return key


routes = [
    Route("/admin/departments", page(show_departments)),
    Route("/admin/departments", page(create, write=True), methods=["POST"]),
    Route("/admin/departments/new", page(show_new)),
    Route("/admin/departments/{key}", page(show_department)),
    Route("/admin/departments/{key}", page(change, write=True), methods=["POST"]),
    Route("/admin/departments/{key}/remove", page(remove, write=True), methods=["POST"]),
]
