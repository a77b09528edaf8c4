"""The import wizard: upload, match, check, apply, all at the import's one address; each can be returned to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from formloom.metadata.errors import Conflict, FormloomError, InvalidInput
from formloom.metadata.model import Field
from formloom.metadata.wording import say
from formloom.runtime.context import Context
from formloom.runtime.http.answer import redirect
from formloom.runtime.http.call import Call
from formloom.runtime.http.serve import page
from formloom.runtime.render import register_templates, render

from . import staging
from .api import own_import, report_of, stage_upload, stop
from .checking import SHOWN_ROWS, TABS, Checked
from .matchview import matched_columns, remembered
from .options import Options
from .plan import chosen_field, importable, suggest
from .staging import Import
from .standing import APPLY, CHECK, UNDO, Standing, begin, keep, keep_mode, staged_sheet, standing
from .workbook_guard import Limits

register_templates(Path(__file__).parent / "templates")

RECENT = 5
LISTED = 50
IGNORED = "-"


def choose_file(ctx: Context, call: Call) -> Response:
    """The first step: which file."""
    entity = call.query.one("entity")
    ctx.access.entity(entity).require("import")
    return _upload_page(ctx, entity)


def _upload_page(ctx: Context, entity: str, error: FormloomError | None = None) -> Response:
    found = ctx.catalog.entity(entity)
    recent = [each for each in staging.recent(ctx.conn, ctx.actor.id, LISTED) if each.entity == entity]
    return render(
        ctx,
        "imports/upload.html",
        status=error.status if error else 200,
        entity=found,
        plural=found.text(ctx.lang, plural=True),
        recent=[standing(ctx, each) for each in recent[:RECENT]],
        problem=error.message(ctx.lang) if error else "",
        limit=Limits().file_size // 2**20,
        administrator=ctx.access.administrator,
        here="",
        steps={},
    )


def list_imports(ctx: Context, call: Call) -> Response:
    """One's own imports, the newest first."""
    call.query.only()
    every_one = staging.recent(ctx.conn, ctx.actor.id, LISTED)
    # What went into a form that is gone since has nothing more to show.
    found = [each for each in every_one if each.entity in ctx.catalog.entities]
    names = {e.key: e.text(ctx.lang, plural=True) for e in ctx.catalog.entities.values()}
    every = [standing(ctx, each) for each in found]
    return render(ctx, "imports/list.html", imports=every, names=names)


def upload(ctx: Context, call: Call) -> Response:
    """Keep the file and go on to matching, with the decisions made for the last file of the kind."""
    entity = call.form.one("entity")
    ctx.access.entity(entity).require("import")
    earlier = staging.recent(ctx.conn, ctx.actor.id, LISTED)
    try:
        record = stage_upload(ctx, call, entity, Options())
    except FormloomError as error:
        return _upload_page(ctx, entity, error)
    options = remembered(ctx, record, [each for each in earlier if each.entity == entity])
    if options is not None:
        staging.change(ctx.conn, record.id, options=options.dump())
    return redirect(call, f"/imports/{record.id}")


def show(ctx: Context, call: Call) -> Response:
    """The step the import stands at; `step=match` goes back to matching."""
    call.query.only("step", "show")
    now = standing(ctx, own_import(ctx, call))
    if now.busy:
        return _running(ctx, now)
    if now.record.written or now.state in (staging.DONE, staging.UNDONE):
        return _ended(ctx, now)
    if now.state == staging.CHECKED and call.query.one("step") != "match":
        try:
            return _checked(ctx, now.record, call.query.one("show"))
        except InvalidInput as error:  # what was decided does not fit any more
            return _match(ctx, now, error)
    return _match(ctx, now)


def progress(ctx: Context, call: Call) -> Response:
    """The bar while something runs; once it has ended, htmx is told to show the import again."""
    now = standing(ctx, own_import(ctx, call))
    if now.busy:
        return _running(ctx, now, part="bar")
    answer = Response(status_code=204)
    answer.headers["HX-Location"] = (
        f'{{"path": "/imports/{now.record.id}", "target": "#main", "swap": "innerHTML"}}'
    )
    return answer


def _running(ctx: Context, now: Standing, part: str | None = None) -> Response:
    job = now.job
    assert job is not None
    done, total = job.progress_done, job.progress_total
    seconds = (datetime.now(UTC) - job.started_at).total_seconds() if job.started_at else 0.0
    return render(
        ctx,
        "imports/running.html",
        fragment=part,
        record=now.record,
        job=job,
        share=round(done / total * 100) if total else None,
        speed=round(done / seconds) if done and seconds > 1 else 0,
        left=_time_left(done, total, seconds, ctx.lang),
        **_common(ctx, now.record),
    )


def _time_left(done: int, total: int, seconds: float, lang: str) -> str:
    if not done or not total or seconds < 2:
        return ""
    left = round(seconds / done * (total - done))
    return say("import.seconds", lang, n=left) if left < 90 else say("import.minutes", lang, n=round(left / 60))


def _common(ctx: Context, record: Import) -> dict[str, Any]:
    found = ctx.catalog.entity(record.entity)
    here = f"/imports/{record.id}"
    steps = {1: f"/imports/new?entity={record.entity}"}
    if not record.written and record.state in (staging.CHECKED, staging.STAGED, staging.FAILED, staging.CANCELLED):
        steps[2] = here + "?step=match"
    if record.state == staging.CHECKED:
        steps[3] = here
    return {"entity": found, "plural": found.text(ctx.lang, plural=True), "here": here, "steps": steps}


def _match(
    ctx: Context, now: Standing, error: FormloomError | None = None, options: Options | None = None
) -> Response:
    record = now.record if options is None else replace(now.record, options=options)
    try:
        sheet = staged_sheet(ctx, record)
        layout, matches = suggest(ctx, record.entity, sheet, record.options)
    except FormloomError as unreadable:
        if record.options == Options():
            raise
        return _match(ctx, now, error or unreadable, Options())
    fields = importable(ctx, record.entity)
    chosen = {match.header: chosen_field(match, record.options.map) for match in matches}
    return render(
        ctx,
        "imports/match.html",
        status=error.status if error else 200,
        record=record,
        sheet=sheet,
        sheet_choices=[(name, name) for name in sheet.sheets],
        found=layout,
        columns=matched_columns(ctx, sheet, layout, matches, {f.key: f for f in fields}, chosen),
        fields=[(field.key, field.text(ctx.lang)) for field in fields],
        missing=_missing(fields, chosen, ctx.lang),
        keys=_keys(fields, chosen),
        problem=error.message(ctx.lang) if error else now.problem(ctx.lang),
        stopped=now.state == staging.CANCELLED,
        ignored=IGNORED,
        **_common(ctx, record),
    )


def _missing(fields: Sequence[Field], chosen: Mapping[str, str | None], lang: str) -> list[str]:
    """Labels of required fields that nothing fills."""
    filled = set(chosen.values())
    return [
        field.text(lang)
        for field in fields
        if field.required and field.key not in filled and field.default is None and not field.default_formula
    ]


def _keys(fields: Sequence[Field], chosen: Mapping[str, str | None]) -> list[str]:
    """Fields that may tell duplicates, the unique ones first."""
    filled = [field for field in fields if field.key in chosen.values()]
    return [field.key for field in sorted(filled, key=lambda field: not field.unique)]


def save_match(ctx: Context, call: Call) -> Response:
    """Keep the decisions; go on to the check, or show another sheet, header row or field."""
    record = own_import(ctx, call)
    options: Options | None = None
    try:
        options = _decided(call, record)
        record = keep(ctx, record, options)
    except InvalidInput as error:
        return _match(ctx, standing(ctx, record), error, options)
    except FormloomError as error:
        return _match(ctx, standing(ctx, record), error)
    if call.form.one("go") == "check":
        begin(ctx, record, CHECK)
    return redirect(call, f"/imports/{record.id}" + ("" if call.form.one("go") == "check" else "?step=match"))


def _decided(call: Call, record: Import) -> Options:
    form = call.form
    sheet, header = form.one("sheet") or None, form.number("header", 0) or None
    mapped = {name[4:]: form.one(name) for name in form if name.startswith("map:")}
    same_table = sheet == (form.one("sheet_was") or None) and str(header or "") == form.one("header_was")
    raw = {
        "sheet": sheet,
        "header": header,
        "map": {h: (None if key == IGNORED else key) for h, key in mapped.items()} if same_table else {},
        "on_duplicate": form.one("on_duplicate", "create"),
        "key": [key for key in form.many("key") if key in mapped.values()] if same_table else [],
        "mode": form.one("mode", "all"),
        "hidden_rows": form.flag("hidden_rows"),
        "fixes": dict(record.options.fixes) if same_table else {},
        "replace": dict(record.options.replace) if same_table else {},
    }
    if raw["on_duplicate"] == "create" or not same_table:
        raw |= {"key": [], "on_duplicate": "create"}
    return Options.parse(raw)


def _checked(ctx: Context, record: Import, tab: str) -> Response:
    verdicts = staging.load_verdicts(ctx.conn, record.id)
    counts = record.counts
    full = [name for name in TABS if counts.get(name)]
    if tab not in full:
        tab = "refused" if "refused" in full else (full or ["created"])[0]
    checked = Checked(ctx, record, verdicts)
    return render(
        ctx,
        "imports/checked.html",
        record=record,
        counts=counts,
        tab=tab,
        tabs=full,
        ready=counts.get("created", 0) + counts.get("updated", 0),
        shown_rows=SHOWN_ROWS,
        equal=checked.equal_cells() if tab == "refused" else [],
        rows=checked.refused_rows() if tab == "refused" else [],
        columns=list(checked.labels.values()),
        preview=checked.preview(tab) if tab in ("created", "updated") else [],
        skipped=checked.skipped() if tab == "skipped" else [],
        warned=checked.warnings(),
        mended=sum(map(len, record.options.replace.values())) + len(record.options.fixes),
        **_common(ctx, record),
    )


def fix(ctx: Context, call: Call) -> Response:
    """Keep corrected cells and check again: single ones, all equal ones of a column, or none any more."""
    record = own_import(ctx, call)
    form, options = call.form, record.options
    if form.one("forget"):
        options = replace(options, fixes={}, replace={})
    fixes = {name[4:]: form.one(name) for name in form if name.startswith("fix:")}
    same = {name[4:]: form.one("was:" + name[4:]) for name in form if name.startswith("fix:")}
    changed = {place: text for place, text in fixes.items() if text != same[place] or f"was:{place}" not in form}
    equal = {header: dict(words) for header, words in options.replace.items()}
    if form.one("header"):
        equal.setdefault(form.one("header"), {})[form.one("text")] = form.one("to")
    raw = {**options.dump(), "fixes": {**options.fixes, **changed}, "replace": equal}
    record = keep(ctx, record, Options.parse(raw))
    begin(ctx, record, CHECK)
    return redirect(call, f"/imports/{record.id}")


def start(ctx: Context, call: Call) -> Response:
    """Begin to write the rows, or go on with it; `mode` rows leaves the refused ones out."""
    record = own_import(ctx, call)
    if not record.written and call.form.one("mode"):
        if not standing(ctx, record).may_apply:
            raise Conflict("import.busy")
        record = keep_mode(ctx, record, call.form.one("mode"))
    begin(ctx, record, APPLY)
    return redirect(call, f"/imports/{record.id}")


def take_back(ctx: Context, call: Call) -> Response:
    """Begin to undo the import."""
    begin(ctx, own_import(ctx, call), UNDO)
    return redirect(call, f"/imports/{call.record_id()}")


def stop_running(ctx: Context, call: Call) -> Response:
    """Stop what is running."""
    record = own_import(ctx, call)
    stop(ctx, record)
    return redirect(call, f"/imports/{record.id}")


def _ended(ctx: Context, now: Standing) -> Response:
    """The end of an import: all in, taken back, or stopped half way."""
    counts = now.record.counts
    total, known = counts.get("total", 0), ("created", "updated", "skipped", "refused")
    return render(
        ctx,
        "imports/done.html",
        record=now.record,
        state=now.state,
        counts={**counts, "open": total - sum(counts.get(name, 0) for name in known)},
        problem=now.problem(ctx.lang),
        may_undo=now.may_undo,
        may_go_on=now.may_apply and now.record.written > 0,
        **_common(ctx, now.record),
    )


def report(ctx: Context, call: Call) -> Response:
    """The user's workbook with the result of each row."""
    return report_of(ctx, own_import(ctx, call))


routes = [
    Route("/imports/new", page(choose_file)),
    Route("/imports", page(list_imports)),
    Route("/imports", page(upload, write=True), methods=["POST"]),
    Route("/imports/{id}", page(show)),
    Route("/imports/{id}/progress", page(progress)),
    Route("/imports/{id}/match", page(save_match, write=True), methods=["POST"]),
    Route("/imports/{id}/fix", page(fix, write=True), methods=["POST"]),
    Route("/imports/{id}/start", page(start, write=True), methods=["POST"]),
    Route("/imports/{id}/undo", page(take_back, write=True), methods=["POST"]),
    Route("/imports/{id}/stop", page(stop_running, write=True), methods=["POST"]),
    Route("/imports/{id}/report.xlsx", page(report)),
]
