"""The import wizard: upload, match, check, apply, all at the import's one address; each can be returned to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from formloom.metadata.errors import Conflict, FormloomError, InvalidInput
from formloom.metadata.model import Field
from formloom.metadata.wording import say
from formloom.runtime import jobs
from formloom.runtime.context import Context
from formloom.runtime.http.answer import redirect
from formloom.runtime.http.call import Call
from formloom.runtime.http.serve import page
from formloom.runtime.render import register_templates, render

from . import staging
from .api import OPEN, begin, own_import, report_of, stage_upload
from .matching import Layout, Match
from .options import Options
from .plan import importable, suggest
from .reader import Sheet, read, shown
from .staging import Import
from .tasks import APPLY, CHECK, UNDO
from .verdict import Verdicts, reason
from .workbook_guard import Limits

register_templates(Path(__file__).parent / "templates")

SHOWN_ROWS = 100
IGNORED = "-"


@dataclass(frozen=True, slots=True)
class RefusedCell:
    """A refused cell: where it is (`R12C3`), what it is called, what stands in it and why it was refused."""

    place: str
    label: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A refused row: its number in the sheet, what tells it from others, its refused cells, other reasons."""

    number: int
    name: str
    cells: tuple[RefusedCell, ...]
    reasons: tuple[str, ...]


def choose_file(ctx: Context, call: Call) -> Response:
    """The first step: which file."""
    entity = call.query.one("entity")
    ctx.access.entity(entity).require("import")
    return _upload_page(ctx, entity)


def _upload_page(ctx: Context, entity: str, error: FormloomError | None = None) -> Response:
    found = ctx.catalog.entity(entity)
    recent = [each for each in staging.recent(ctx.conn, ctx.actor.id) if each.entity == entity]
    return render(
        ctx,
        "imports/upload.html",
        status=error.status if error else 200,
        entity=found,
        plural=found.text(ctx.lang, plural=True),
        recent=recent[:5],
        problem=error.message(ctx.lang) if error else "",
        limit=Limits().file_size // 2**20,
    )


def upload(ctx: Context, call: Call) -> Response:
    """Keep the file and go on to matching."""
    entity = call.form.one("entity")
    ctx.access.entity(entity).require("import")
    try:
        record = stage_upload(ctx, call, entity, Options())
    except FormloomError as error:
        return _upload_page(ctx, entity, error)
    return redirect(call, f"/imports/{record.id}")


def show(ctx: Context, call: Call) -> Response:
    """The step the import stands at; `step=match` goes back to matching."""
    record = own_import(ctx, call)
    job = jobs.get_job(ctx.conn, record.job) if record.job else None
    if job is not None and not job.ended:
        return _running(ctx, record, job)
    if record.state == staging.CHECKED and call.query.one("step") != "match":
        return _checked(ctx, record)
    if record.state in (staging.DONE, staging.UNDONE):
        return _done(ctx, record)
    return _match(ctx, record)


def progress(ctx: Context, call: Call) -> Response:
    """The bar while something runs; once it has ended, htmx is told to show the import again."""
    record = own_import(ctx, call)
    job = jobs.get_job(ctx.conn, record.job) if record.job else None
    if job is None or job.ended:
        answer = Response(status_code=204)
        answer.headers["HX-Location"] = (
            f'{{"path": "/imports/{record.id}", "target": "#main", "swap": "innerHTML"}}'
        )
        return answer
    return _running(ctx, record, job, part="bar")


def _running(ctx: Context, record: Import, job: jobs.Job, part: str | None = None) -> Response:
    total = job.progress_total
    return render(
        ctx,
        "imports/running.html",
        fragment=part,
        record=record,
        job=job,
        share=round(job.progress_done / total * 100) if total else None,
        **_common(ctx, record),
    )


def _common(ctx: Context, record: Import) -> dict[str, Any]:
    found = ctx.catalog.entity(record.entity)
    return {"entity": found, "plural": found.text(ctx.lang, plural=True), "here": f"/imports/{record.id}"}


def _match(ctx: Context, record: Import, error: FormloomError | None = None) -> Response:
    sheet, layout, matches = _read(ctx, record)
    fields = importable(ctx, record.entity)
    decided = record.options.map
    named = {key for key in decided.values() if key}
    chosen = {
        m.header: decided[m.header] if m.header in decided else (m.field if m.field not in named else None)
        for m in matches
    }
    return render(
        ctx,
        "imports/match.html",
        status=error.status if error else 200,
        record=record,
        sheet=sheet,
        sheet_choices=[(name, name) for name in sheet.sheets],
        found=layout,
        matches=matches,
        chosen=chosen,
        fields=[(field.key, field.text(ctx.lang)) for field in fields],
        missing=_missing(fields, chosen, ctx.lang),
        keys=_keys(fields, chosen),
        problem=_problem(ctx, record, error),
        ignored=IGNORED,
        **_common(ctx, record),
    )


def _problem(ctx: Context, record: Import, error: FormloomError | None) -> str:
    if error is not None:
        return error.message(ctx.lang)
    return str(record.error["message"][ctx.lang]) if record.error else ""


def _read(ctx: Context, record: Import) -> tuple[Sheet, Layout, list[Match]]:
    sheet = read(staging.checked_path(ctx.settings.data_dir, record), record.options.sheet)
    layout, matches = suggest(ctx, record.entity, sheet, record.options)
    return sheet, layout, matches


def _missing(fields: Sequence[Field], chosen: dict[str, str | None], lang: str) -> list[str]:
    """Labels of required fields that nothing fills."""
    filled = set(chosen.values())
    return [
        field.text(lang)
        for field in fields
        if field.required and field.key not in filled and field.default is None and not field.default_formula
    ]


def _keys(fields: Sequence[Field], chosen: dict[str, str | None]) -> list[str]:
    """Fields that may tell duplicates, the unique ones first."""
    filled = [field for field in fields if field.key in chosen.values()]
    return [field.key for field in sorted(filled, key=lambda field: not field.unique)]


def save_match(ctx: Context, call: Call) -> Response:
    """Keep the decisions; go on to the check, or show another sheet or header row."""
    record = own_import(ctx, call)
    try:
        options = _decided(call, record)
        if record.state not in OPEN:
            raise Conflict("import.busy")
    except InvalidInput as error:
        return _match(ctx, record, error)
    staging.change(ctx.conn, record.id, options=options.dump(), state=staging.STAGED, error=None)
    if call.form.one("go") == "check":
        begin(ctx, staging.find(ctx.conn, record.id, ctx.actor.id), CHECK)
    return redirect(call, f"/imports/{record.id}")


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
        "key": [key for key in form.many("key") if key],
        "mode": form.one("mode", "all"),
        "fixes": dict(record.options.fixes) if same_table else {},
    }
    if raw["on_duplicate"] == "create":
        raw["key"] = []
    return Options.parse(raw)


def _checked(ctx: Context, record: Import) -> Response:
    sheet, layout, matches = _read(ctx, record)
    verdicts = staging.load_verdicts(ctx.conn, record.id)
    return render(
        ctx,
        "imports/checked.html",
        record=record,
        counts=record.counts,
        rows=_refused_rows(ctx, record, sheet, layout, matches, verdicts),
        shown_rows=SHOWN_ROWS,
        ready=record.counts.get("created", 0) + record.counts.get("updated", 0),
        reasons=_summary(ctx, verdicts),
        **_common(ctx, record),
    )


def _refused_rows(
    ctx: Context, record: Import, sheet: Sheet, layout: Layout, matches: Sequence[Match], verdicts: Verdicts
) -> list[RefusedRow]:
    fields = ctx.catalog.entity(record.entity).all_fields
    labels = {key: field.text(ctx.lang) for key, field in fields.items()}
    columns = _columns_of(record, matches)
    title = columns.get(ctx.catalog.entity(record.entity).title, 0)
    found = []
    for position in sorted(verdicts.refused)[:SHOWN_ROWS]:
        number = layout.data[position]
        cells, reasons = [], []
        for error in verdicts.refused[position]:
            column = columns.get(error.field)
            if column is None:
                reasons.append(reason(error, labels, ctx.lang))
                continue
            place = f"R{number + 1}C{column + 1}"
            text = record.options.fixes.get(place, shown(sheet.rows[number][column]))
            cells.append(RefusedCell(place, labels[error.field], text, error.message(ctx.lang)))
        found.append(RefusedRow(number + 1, shown(sheet.rows[number][title]), tuple(cells), tuple(reasons)))
    return found


def _columns_of(record: Import, matches: Sequence[Match]) -> dict[str, int]:
    decided = record.options.map
    chosen = {m.column: decided[m.header] if m.header in decided else m.field for m in matches}
    return {key: column for column, key in chosen.items() if key}


def _summary(ctx: Context, verdicts: Verdicts) -> list[tuple[str, int]]:
    """The commonest reasons with their number of rows."""
    labels: dict[str, str] = {}
    counted: dict[str, int] = {}
    for errors in verdicts.refused.values():
        for error in errors:
            text = labels.setdefault(str((error.field, error.code)), reason(error, {}, ctx.lang))
            counted[text] = counted.get(text, 0) + 1
    return sorted(counted.items(), key=lambda pair: -pair[1])[:5]


def fix(ctx: Context, call: Call) -> Response:
    """Keep corrected cells and check again."""
    record = own_import(ctx, call)
    fixes = {name[4:]: call.form.one(name) for name in call.form if name.startswith("fix:")}
    options = Options.parse({**record.options.dump(), "fixes": {**record.options.fixes, **fixes}})
    if record.state not in OPEN:
        raise Conflict("import.busy")
    staging.change(ctx.conn, record.id, options=options.dump(), state=staging.STAGED)
    begin(ctx, staging.find(ctx.conn, record.id, ctx.actor.id), CHECK)
    return redirect(call, f"/imports/{record.id}")


def start(ctx: Context, call: Call) -> Response:
    """Begin to write the rows; `mode` rows leaves the refused ones out."""
    record = own_import(ctx, call)
    mode = call.form.one("mode") or record.options.mode
    options = Options.parse({**record.options.dump(), "mode": mode})
    staging.change(ctx.conn, record.id, options=options.dump())
    begin(ctx, staging.find(ctx.conn, record.id, ctx.actor.id), APPLY)
    return redirect(call, f"/imports/{record.id}")


def take_back(ctx: Context, call: Call) -> Response:
    """Begin to undo the import."""
    begin(ctx, own_import(ctx, call), UNDO)
    return redirect(call, f"/imports/{call.record_id()}")


def stop(ctx: Context, call: Call) -> Response:
    """Stop what is running."""
    record = own_import(ctx, call)
    if record.job is not None:
        jobs.cancel(ctx.conn, record.job)
    return redirect(call, f"/imports/{record.id}")


def _done(ctx: Context, record: Import) -> Response:
    return render(
        ctx,
        "imports/done.html",
        record=record,
        counts=record.counts,
        state_text=say(f"import.state.{record.state}", ctx.lang),
        **_common(ctx, record),
    )


def report(ctx: Context, call: Call) -> Response:
    """The user's workbook with the result of each row."""
    return report_of(ctx, own_import(ctx, call))


routes = [
    Route("/imports/new", page(choose_file)),
    Route("/imports", page(upload, write=True), methods=["POST"]),
    Route("/imports/{id}", page(show)),
    Route("/imports/{id}/progress", page(progress)),
    Route("/imports/{id}/match", page(save_match, write=True), methods=["POST"]),
    Route("/imports/{id}/fix", page(fix, write=True), methods=["POST"]),
    Route("/imports/{id}/start", page(start, write=True), methods=["POST"]),
    Route("/imports/{id}/undo", page(take_back, write=True), methods=["POST"]),
    Route("/imports/{id}/stop", page(stop, write=True), methods=["POST"]),
    Route("/imports/{id}/report.xlsx", page(report)),
]
