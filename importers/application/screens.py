"""The screens: upload a workbook, review what is proposed, let it be made, take it back. For administrators."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from formloom.metadata.errors import FormloomError, InvalidInput
from formloom.metadata.wording import LANGUAGES
from formloom.runtime import jobs
from formloom.runtime.api.table import require_administrator
from formloom.runtime.context import Context
from formloom.runtime.http.answer import redirect
from formloom.runtime.http.call import Call
from formloom.runtime.http.serve import page
from formloom.runtime.render import render

from ..workbook_guard import Limits
from . import keeping, working
from .choices import COLORS
from .keeping import DONE, OPEN, UNDONE, Application
from .proposal import LEVELS, MODES
from .view import ICONS, Review, options_shown
from .working import HALTED, MAKE, UNDO, Standing

ROOT = "/imports/new-app"
RECENT = 10


def choose_file(ctx: Context, call: Call) -> Response:
    """The first step: which workbook."""
    require_administrator(ctx)
    call.query.only()
    return _upload_page(ctx)


def _upload_page(ctx: Context, error: FormloomError | None = None) -> Response:
    recent = [working.standing(ctx, each) for each in keeping.recent(ctx.conn, ctx.actor.id, RECENT)]
    return render(
        ctx,
        "application/upload.html",
        status=error.status if error else 200,
        recent=recent,
        problem=error.message(ctx.lang) if error else "",
        limit=Limits().file_size // 2**20,
    )


def upload(ctx: Context, call: Call) -> Response:
    """Keep the workbook and begin to read it."""
    require_administrator(ctx)
    try:
        sent = call.upload("file")
        number = working.start(ctx, sent.name, sent.file.read())
    except FormloomError as error:
        return _upload_page(ctx, error)
    return redirect(call, f"{ROOT}/{number}")


def own(ctx: Context, call: Call, *, hold: bool = False) -> Application:
    """The caller's application of the address. Raises AccessDenied, NotFound."""
    require_administrator(ctx)
    return keeping.find(ctx.conn, call.record_id(), ctx.actor.id, hold=hold)


def show(ctx: Context, call: Call) -> Response:
    """The step the application stands at; `sheet` names the sheet, `step=make` is the last look before."""
    call.query.only("sheet", "step")
    now = working.standing(ctx, own(ctx, call))
    if now.busy:
        return _running(ctx, now)
    if now.state in (DONE, UNDONE, HALTED) or now.found.proposal is None:
        return _ended(ctx, now)
    review = Review(ctx, now.found, call.query.one("sheet"))
    return _make_page(ctx, review) if call.query.one("step") == "make" else _review_page(ctx, review)


def _review_page(ctx: Context, review: Review, part: str | None = None) -> Response:
    return render(
        ctx,
        "application/review.html",
        fragment=part,
        review=review,
        found=review.found,
        sheet=review.sheet,
        colors=COLORS,
        icons=ICONS,
        options_shown=options_shown,
        column=None,
        opened=False,
        problem="",
        error=review.found.error,
    )


def _make_page(ctx: Context, review: Review, problem: str = "", status: int = 200) -> Response:
    return render(
        ctx,
        "application/make.html",
        status=status,
        review=review,
        found=review.found,
        levels=LEVELS,
        modes=MODES,
        problem=problem,
        error=review.found.error,
    )


def progress(ctx: Context, call: Call) -> Response:
    """The bar while something runs; once it has ended, htmx is told to show the application again."""
    call.query.only()
    now = working.standing(ctx, own(ctx, call))
    if now.busy:
        return _running(ctx, now, part="bar")
    answer = Response(status_code=204)
    answer.headers["HX-Location"] = f'{{"path": "{ROOT}/{now.found.id}", "target": "#main", "swap": "innerHTML"}}'
    return answer


def _running(ctx: Context, now: Standing, part: str | None = None) -> Response:
    job = now.job
    assert job is not None
    done, total = job.progress_done, job.progress_total
    seconds = (datetime.now(UTC) - job.started_at).total_seconds() if job.started_at else 0.0
    return render(
        ctx,
        "application/running.html",
        fragment=part,
        found=now.found,
        job=job,
        share=round(done / total * 100) if total else None,
        speed=round(done / seconds) if done and seconds > 1 and job.kind == MAKE else 0,
        here=f"{ROOT}/{now.found.id}",
    )


def _ended(ctx: Context, now: Standing) -> Response:
    review = Review(ctx, now.found) if now.found.proposal else None
    return render(
        ctx,
        "application/ended.html",
        found=now.found,
        state=now.state,
        made=_made(ctx, now.found, review),
        problem=_problem(ctx, now),
        here=f"{ROOT}/{now.found.id}",
    )


def _made(ctx: Context, found: Application, review: Review | None) -> list[dict[str, Any]]:
    """What became of each sheet: its entity, how many rows are in, its import."""
    rows = []
    for sheet in review.order() if review else ():
        kept = found.made.get(sheet.name)
        if kept is not None and review is not None:
            entity = ctx.catalog.entities.get(kept["entity"])
            known = entity is not None and entity.parent is None
            rows.append({"name": review.name(sheet), "entity": kept["entity"] if known else "", **kept})
    return rows


def _problem(ctx: Context, now: Standing) -> str:
    if now.found.error is not None:
        return str(now.found.error["message"][ctx.lang])
    job = now.job
    if job is not None and job.state == "failed" and now.state != DONE:
        return str(job.result["error"]["message"][ctx.lang])
    return ""


_NUMBERS = ("title", "header")
_FLAGS = ("include", "required", "unique", "parent", "menu")


def change(ctx: Context, call: Call) -> Response:
    """Keep one change of a control; the parts of the screen that it changes."""
    found = own(ctx, call, hold=True)
    form = call.form
    raw = _raw(ctx, call, found)
    problem = ""
    try:
        working.change(ctx, found, [raw])
    except InvalidInput as error:
        problem = error.message(ctx.lang)
    # What is shown is what is kept, whether the change was taken or not.
    review = Review(ctx, keeping.find(ctx.conn, found.id, ctx.actor.id), form.one("sheet"))
    return _changed(ctx, call, review, problem)


def _raw(ctx: Context, call: Call, found: Application) -> dict[str, Any]:
    """The change a control stands for."""
    form, name = call.form, call.form.one("name")
    raw: dict[str, Any] = {}
    if form.one("sheet"):
        raw["sheet"] = form.one("sheet")
    if form.one("column"):
        raw["column"] = form.number("column", 0)
    if name in ("label", "label_other"):
        raw["set"] = {"label": _words(ctx, found, raw, form.one("value"), other=name == "label_other")}
    else:
        raw["set"] = {name: _value(call, name)}
    return raw


def _words(ctx: Context, found: Application, raw: Mapping[str, Any], text: str, *, other: bool) -> Any:
    """A label in the reader's language, in all of them as long as nobody has translated it."""
    sheet = found.ready().sheet(raw.get("sheet", ""))
    column = sheet.column(raw["column"]) if sheet and "column" in raw else None
    thing = column or sheet
    if other:
        return {next(each for each in LANGUAGES if each != ctx.lang): text}
    return text if thing is None or len(set(thing.label.values())) <= 1 else {ctx.lang: text}


def _value(call: Call, name: str) -> Any:
    form = call.form
    if name in _FLAGS:
        return form.flag("value")
    if name in _NUMBERS:
        return form.number("value", 0)
    if name == "options":
        pairs = zip(form.many("label"), form.many("color"), strict=False)
        return [{"label": label, "color": color} for label, color in pairs if label.strip()]
    return form.one("value")


def _changed(ctx: Context, call: Call, review: Review, problem: str) -> Response:
    sheet = review.sheet
    at = call.form.number("column", -1)
    return render(
        ctx,
        "application/changed.html",
        fragment=True,
        review=review,
        found=review.found,
        sheet=sheet,
        colors=COLORS,
        icons=ICONS,
        options_shown=options_shown,
        column=sheet.column(at) if sheet and at >= 0 else None,
        show=call.form.one("show"),
        opened=call.form.flag("opened"),
        problem=problem,
    )


def more(ctx: Context, call: Call) -> Response:
    """The details of a column: evidence, refused cells, options, names."""
    call.query.only("sheet", "column")
    review = Review(ctx, own(ctx, call), call.query.one("sheet"))
    sheet = review.sheet
    column = sheet.column(call.query.number("column", -1)) if sheet else None
    if column is None:
        raise InvalidInput("application.bad_change", name="column")
    return render(
        ctx,
        "application/more.html",
        fragment=True,
        review=review,
        sheet=sheet,
        column=column,
        colors=COLORS,
        options_shown=options_shown,
    )


def make(ctx: Context, call: Call) -> Response:
    """Keep the last decisions and begin to make the application, or go on with it."""
    found = own(ctx, call, hold=True)
    if found.state == OPEN:
        try:
            working.change(ctx, found, [{"set": _decisions(call)}])
        except InvalidInput as error:
            return _make_page(ctx, Review(ctx, found), error.message(ctx.lang), error.status)
        found = own(ctx, call)
        review = Review(ctx, found)
        if review.problems:
            return _make_page(ctx, review)
    working.begin(ctx, found, MAKE)
    return redirect(call, f"{ROOT}/{found.id}")


def _decisions(call: Call) -> dict[str, Any]:
    form = call.form
    grants = {name[6:]: form.one(name) for name in form if name.startswith("grant:")}
    decided: dict[str, Any] = {"mode": form.one("mode", "all"), "menu": form.flag("menu"), "grants": grants}
    return {**decided, "label": form.one("label")} if form.one("label").strip() else decided


def take_back(ctx: Context, call: Call) -> Response:
    """Begin to take the application back."""
    working.begin(ctx, own(ctx, call, hold=True), UNDO)
    return redirect(call, f"{ROOT}/{call.record_id()}")


def stop(ctx: Context, call: Call) -> Response:
    """Stop what is running; what it has made is taken back."""
    found = own(ctx, call)
    if found.job is not None:
        jobs.cancel(ctx.conn, found.job)
    return redirect(call, f"{ROOT}/{found.id}")


def drop(ctx: Context, call: Call) -> Response:
    """Put the application aside."""
    working.drop(ctx, own(ctx, call, hold=True))
    return redirect(call, ROOT)


def reopen(ctx: Context, call: Call) -> Response:
    """Go back to the review of an application that was taken back."""
    found = own(ctx, call, hold=True)
    if found.state == UNDONE and found.proposal is not None:
        keeping.change(ctx.conn, found.id, state=OPEN, error=None)
    return redirect(call, f"{ROOT}/{found.id}")


routes = [
    Route(ROOT, page(choose_file)),
    Route(ROOT, page(upload, write=True), methods=["POST"]),
    Route(ROOT + "/{id}", page(show)),
    Route(ROOT + "/{id}/progress", page(progress)),
    Route(ROOT + "/{id}/more", page(more)),
    Route(ROOT + "/{id}/change", page(change, write=True), methods=["POST"]),
    Route(ROOT + "/{id}/make", page(make, write=True), methods=["POST"]),
    Route(ROOT + "/{id}/undo", page(take_back, write=True), methods=["POST"]),
    Route(ROOT + "/{id}/stop", page(stop, write=True), methods=["POST"]),
    Route(ROOT + "/{id}/drop", page(drop, write=True), methods=["POST"]),
    Route(ROOT + "/{id}/reopen", page(reopen, write=True), methods=["POST"]),
]
