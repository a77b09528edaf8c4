"""Packages on screen: listed, uploaded, looked at with conflicts, put in force, reset, exported, taken out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from ...metadata import packages, store
from ...metadata.errors import FormloomError
from ...metadata.packages import Proposal, Wanted
from ...metadata.wording import say
from ..api.packages import exported
from ..context import Context
from ..http.answer import redirect
from ..http.call import Call
from ..http.serve import page
from ..packaging import offers, shapes
from ..render import render
from . import people
from .moves import moved

HOME = "/admin/packages"
CHOICE = "choice:"


def show_list(ctx: Context, call: Call) -> Response:
    """All packages. Queries: 2."""
    people.require_administrator(ctx)
    call.query.only()
    return _list(ctx)


def _list(ctx: Context, problem: str = "", status: int = 200) -> Response:
    most = offers.LARGEST // 2**20
    return render(
        ctx, "packages/list.html", status=status, packages=shapes.overview(ctx), problem=problem, most=most
    )


def upload(ctx: Context, call: Call) -> Response:
    """Keep the zip and go on to what is in it."""
    people.require_administrator(ctx)
    try:
        ref = offers.keep(ctx.settings.data_dir, call.upload("file").file.read(offers.LARGEST + 1))
    except FormloomError as error:
        return _list(ctx, error.message(ctx.lang), error.status)
    return redirect(call, f"{HOME}/offers/{ref}")


def show_offer(ctx: Context, call: Call) -> Response:
    """What is on offer: what is wrong with it, or what putting it in force would mean."""
    people.require_administrator(ctx)
    call.query.only()
    found = offers.inspect(ctx.settings.data_dir, call.path["ref"])
    if not found.sound:
        return render(ctx, "packages/unsound.html", offer=shapes.inspection(ctx, found))
    return _offer(ctx, call, packages.propose(ctx.conn, found.require()))


def _offer(ctx: Context, call: Call, proposal: Proposal, problem: str = "", status: int = 200) -> Response:
    form = call.form
    return render(
        ctx,
        "packages/offer.html",
        status=status,
        here=f"{HOME}/offers/{call.path['ref']}",
        offer=shapes.proposal(ctx, proposal),
        merge=form.flag("merge"),
        agreed=form.flag("agreed"),
        problem=problem,
    )


def decide(ctx: Context, call: Call) -> Response:
    """Look again with the choices made so far, or put the package in force with them."""
    people.require_administrator(ctx)
    package = offers.locate(ctx.settings.data_dir, call.path["ref"])
    proposal = _with_choices(ctx, package, _choices(call))
    if call.form.one("act") != "apply":
        return _offer(ctx, call, proposal)
    expected = call.form.number("version", 0)
    try:
        applied = packages.install(
            ctx.own_transactions(),
            package,
            ctx.actor.login,
            choices={each.name: each.choice for each in proposal.merged.disputes if each.choice},
            merge_own=call.form.flag("merge"),
            allow_destructive=call.form.flag("agreed"),
            expected_version=expected,
        )
    except FormloomError as error:
        return _offer(ctx, call, proposal, error.message(ctx.lang), error.status)
    key = "packaging.nothing" if applied.empty else "packaging.applied"
    return moved(ctx, call, f"{HOME}/installed/{package.key}", say(key, ctx.lang, number=applied.number))


def _choices(call: Call) -> dict[str, str]:
    """The sides chosen on the page: for all, or for each conflict. Raises InvalidInput."""
    for_all = call.form.one("all")
    chosen = {name.removeprefix(CHOICE): call.form.one(name) for name in call.form if name.startswith(CHOICE)}
    return packages.read_choices({packages.EVERYTHING: for_all} if for_all else chosen)


def _with_choices(ctx: Context, package: packages.Package, choices: Mapping[str, str]) -> Proposal:
    """The proposal with those choices that are of a conflict there still is."""
    plain = packages.propose(ctx.conn, package, previewed=False)
    known = {packages.EVERYTHING, *(each.name for each in plain.merged.disputes)}
    return packages.propose(ctx.conn, package, {name: side for name, side in choices.items() if name in known})


def show_installed(ctx: Context, call: Call) -> Response:
    """A package in force and what the site changed of it."""
    people.require_administrator(ctx)
    call.query.only()
    return _installed(ctx, call.path["key"])


def _installed(ctx: Context, key: str, problem: str = "", status: int = 200) -> Response:
    packages.find_package(ctx.conn, key)
    found = next(each for each in shapes.overview(ctx) if each["key"] == key)
    changed = shapes.customised(ctx, packages.customised_by_site(ctx.conn, key))
    return render(ctx, "packages/one.html", status=status, package=found, changed=changed, problem=problem)


def reset(ctx: Context, call: Call) -> Response:
    """Take a document, or nodes of it, back to what the package ships; asks where values would go out of sight."""
    people.require_administrator(ctx)
    key, kind, name = call.path["key"], call.form.one("kind"), call.form.one("name")
    paths = [path for path in call.form.many("path") if path]
    found = packages.find_customised(ctx.conn, kind, name)
    preview = packages.preview_reset(ctx.conn, kind, name, paths)
    if preview.refused or (preview.destructive and not call.form.flag("agreed")):
        return render(
            ctx,
            "packages/reset.html",
            status=409,
            package=key,
            changed=shapes.customised(ctx, [found])[0],
            paths=paths,
            effects=[effect.describe(ctx.lang) for effect in preview.effects if effect.level != "info"],
            findings=[finding.dump(ctx.lang) for finding in preview.findings],
            refused=preview.refused,
        )
    agreed = call.form.flag("agreed")
    packages.reset(ctx.own_transactions(), kind, name, ctx.actor.login, paths, allow_destructive=agreed)
    return moved(ctx, call, f"{HOME}/installed/{key}", say("packaging.was_reset", ctx.lang))


def show_removal(ctx: Context, call: Call) -> Response:
    """What taking the package out of force would mean."""
    people.require_administrator(ctx)
    call.query.only()
    removal = packages.propose_removal(ctx.conn, call.path["key"])
    return render(ctx, "packages/uninstall.html", removal=shapes.removal(ctx, removal), problem="", chosen={})


def take_out(ctx: Context, call: Call) -> Response:
    """Take the package out of force."""
    people.require_administrator(ctx)
    key = call.path["key"]
    chosen = {name: call.form.flag(name) for name in ("drop_data", "with_dependents")}
    removal = shapes.removal(ctx, packages.propose_removal(ctx.conn, key))
    if call.form.one("confirm") != key:
        problem = say("packaging.confirm_wrong", ctx.lang, name=key)
        return render(ctx, "packages/uninstall.html", status=422, removal=removal, problem=problem, chosen=chosen)
    try:
        packages.uninstall(ctx.own_transactions(), key, ctx.actor.login, **chosen)
    except FormloomError as error:
        data = {"removal": removal, "problem": error.message(ctx.lang), "chosen": chosen}
        return render(ctx, "packages/uninstall.html", status=error.status, **data)
    return moved(ctx, call, HOME, say("packaging.taken_out", ctx.lang, name=removal["label"]))


def show_export(ctx: Context, call: Call) -> Response:
    """What can be exported, grouped by whose it is."""
    people.require_administrator(ctx)
    call.query.only()
    return _export(ctx, call)


def _export(ctx: Context, call: Call, problem: FormloomError | None = None) -> Response:
    own = packages.own_documents(store.read_rows(ctx.conn))
    findings = [finding.dump(ctx.lang) for finding in getattr(problem, "findings", ())]
    return render(
        ctx,
        "packages/export.html",
        status=problem.status if problem else 200,
        own=[shapes.document(ctx, identity, found) for identity, found in own.items()],
        installed=[each for each in shapes.overview(ctx) if each["installed"]],
        typed={name: call.form.one(name) for name in ("key", "label", "version", "package")},
        only=call.form.many("only"),
        data=call.form.many("data"),
        problem=problem.message(ctx.lang) if problem else "",
        findings=findings,
    )


def export(ctx: Context, call: Call) -> Response:
    """The package as a file."""
    people.require_administrator(ctx)
    form = call.form
    only = tuple((name.partition(":")[0], name.partition(":")[2]) for name in form.many("only"))
    package = form.one("package")
    wanted = Wanted(
        form.one("key"), form.one("label").strip(), form.one("version"), () if package else only, package
    )
    data: list[Any] = [] if package else form.many("data")
    try:
        return exported(ctx, wanted, data)
    except FormloomError as error:
        return _export(ctx, call, error)


routes = [
    Route(HOME, page(show_list)),
    Route(f"{HOME}/upload", page(upload), methods=["POST"]),
    Route(f"{HOME}/export", page(show_export)),
    Route(f"{HOME}/export", page(export), methods=["POST"]),
    Route(HOME + "/offers/{ref}", page(show_offer)),
    Route(HOME + "/offers/{ref}", page(decide), methods=["POST"]),
    Route(HOME + "/installed/{key}", page(show_installed)),
    Route(HOME + "/installed/{key}/reset", page(reset), methods=["POST"]),
    Route(HOME + "/installed/{key}/uninstall", page(show_removal)),
    Route(HOME + "/installed/{key}/uninstall", page(take_out), methods=["POST"]),
]
