"""Packages by API, for administrators: listed, offered, put in force, compared, reset, exported, taken out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.responses import Response

from ...metadata import packages
from ...metadata.errors import InvalidInput
from ...metadata.packages import Wanted
from .. import sample_writing
from ..context import Context
from ..http.answer import json_answer
from ..http.call import Call
from ..http.errors import BadRequest, UnknownMember
from ..packaging import offers, shapes
from .metadata import dump_changeset
from .table import at, require_administrator


def list_packages(ctx: Context, call: Call) -> Response:
    """All packages, those in force first, with how many of their documents the site changed."""
    require_administrator(ctx)
    call.query.only()
    found = shapes.overview(ctx)
    return json_answer({"items": [{name: v for name, v in each.items() if name != "since"} for each in found]})


def get_package(ctx: Context, call: Call) -> Response:
    """A package in force and what the site changed of it, node by node."""
    require_administrator(ctx)
    call.query.only()
    found = packages.find_package(ctx.conn, call.path["key"])
    changed = packages.customised_by_site(ctx.conn, found.key)
    described = {"key": found.key, "label": found.label, "version": found.version, "changeset": found.changeset}
    return json_answer({**described, "customised": shapes.customised(ctx, changed)})


def upload_package(ctx: Context, call: Call) -> Response:
    """Keep a zip and say what is in it and what is wrong with it; `ref` is what to call it from now on."""
    require_administrator(ctx)
    call.query.only()
    ref = offers.keep(ctx.settings.data_dir, call.upload("file").file.read(offers.LARGEST + 1))
    return json_answer({"ref": ref, **shapes.inspection(ctx, offers.inspect(ctx.settings.data_dir, ref))}, 201)


def put_in_force(ctx: Context, call: Call) -> Response:
    """Install or upgrade what is on offer as `package`, with `choices` for conflicts, or say what it would do."""
    require_administrator(ctx)
    call.query.only()
    body = call.json_object()
    known = ("package", "choices", "merge", "allow_destructive", "dry_run", "expected_version")
    UnknownMember.require(body, known)
    choices = packages.read_choices(body.get("choices", {}))
    package = offers.locate(ctx.settings.data_dir, str(body.get("package", "")))
    if _flag(body, "dry_run"):
        return json_answer(shapes.proposal(ctx, packages.propose(ctx.conn, package, choices)))
    expected = body.get("expected_version")
    if expected is not None and type(expected) is not int:
        raise BadRequest("not_a_number", code="validation_failed", status=422, name="expected_version")
    applied = packages.install(
        ctx.own_transactions(),
        package,
        ctx.actor.login,
        choices=choices,
        merge_own=_flag(body, "merge"),
        allow_destructive=_flag(body, "allow_destructive"),
        expected_version=expected,
    )
    return json_answer(dump_changeset(applied))


def reset(ctx: Context, call: Call) -> Response:
    """Take a document, or the nodes at `paths`, back to what its package ships."""
    require_administrator(ctx)
    call.query.only()
    body = call.json_object()
    UnknownMember.require(body, ("kind", "key", "paths", "dry_run", "allow_destructive"))
    kind, key, paths = str(body.get("kind")), str(body.get("key")), body.get("paths", [])
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise InvalidInput("edit.invalid")
    if _flag(body, "dry_run"):
        return json_answer(packages.preview_reset(ctx.conn, kind, key, paths).dump(ctx.lang))
    destructive = _flag(body, "allow_destructive")
    database, login = ctx.own_transactions(), ctx.actor.login
    applied = packages.reset(database, kind, key, login, paths, allow_destructive=destructive)
    return json_answer(dump_changeset(applied))


def take_out(ctx: Context, call: Call) -> Response:
    """Take a package out of force, or say what that would do."""
    require_administrator(ctx)
    call.query.only()
    body = call.json_object() if call.json is not None else {}
    UnknownMember.require(body, ("dry_run", "drop_data", "with_dependents"))
    key = call.path["key"]
    if _flag(body, "dry_run"):
        return json_answer(shapes.removal(ctx, packages.propose_removal(ctx.conn, key)))
    options = {name: _flag(body, name) for name in ("drop_data", "with_dependents")}
    applied = packages.uninstall(ctx.own_transactions(), key, ctx.actor.login, **options)
    return json_answer(dump_changeset(applied))


def export(ctx: Context, call: Call) -> Response:
    """The site's own documents, or some of them, or a package as the site made it, as a zip."""
    require_administrator(ctx)
    call.query.only()
    body = call.json_object()
    UnknownMember.require(body, ("key", "label", "version", "only", "package", "with_data"))
    only, data = body.get("only", []), body.get("with_data", [])
    texts = [body.get(name, "") for name in ("key", "version", "package")]
    lists = [only, data]
    if not all(isinstance(each, list) for each in lists) or not all(
        isinstance(t, str) for t in [*texts, *only, *data]
    ):
        raise InvalidInput("edit.invalid")
    identities = tuple((name.partition(":")[0], name.partition(":")[2]) for name in only)
    wanted = Wanted(texts[0], _label(body.get("label", "")), texts[1], identities, texts[2])
    return exported(ctx, wanted, data)


def _label(raw: Any) -> Any:
    in_words = (
        isinstance(raw, dict) and raw.keys() <= {"zh", "en"} and all(isinstance(v, str) for v in raw.values())
    )
    if not isinstance(raw, str) and not in_words:
        raise InvalidInput("edit.invalid")
    return raw


def exported(ctx: Context, wanted: Wanted, data: list[str]) -> Response:
    """The package as a file to be kept. Raises what `packages.export` and `sample_writing.write` do."""
    found = packages.export(ctx.conn, wanted)
    if data:
        found = replace(found, samples=sample_writing.write(ctx, data).files)
    headers = {
        "Content-Disposition": f'attachment; filename="{found.file_name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(found.zipped(), media_type="application/zip", headers=headers)


def _flag(body: dict[str, Any], name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise BadRequest("not_a_flag", code="validation_failed", status=422, name=name)
    return value


routes = [
    at("GET", "/packages", list_packages),
    at("POST", "/packages", put_in_force),
    at("POST", "/packages/uploads", upload_package),
    at("POST", "/packages/export", export),
    at("POST", "/packages/reset", reset),
    at("GET", "/packages/{key}", get_package),
    at("POST", "/packages/{key}/uninstall", take_out),
]
