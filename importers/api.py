"""Imports and exports by API: staged jobs that are watched, applied, cancelled and undone by address."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.responses import FileResponse, Response

from formloom.metadata.errors import Conflict, InvalidInput, NotFound
from formloom.runtime import jobs
from formloom.runtime.api.table import at
from formloom.runtime.context import Context
from formloom.runtime.http.answer import json_answer
from formloom.runtime.http.browser import SAFE_METHODS
from formloom.runtime.http.call import Call
from formloom.runtime.http.strict_json import read_json

from . import shapes, staging
from .commands import template_fields
from .exporting import request_of
from .options import Options
from .plan import chosen_field, resolve, suggest
from .reader import read
from .report import Report
from .shapes import XLSX
from .staging import Import
from .standing import APPLY, CHECK, UNDO, begin, decide, find_standing, staged_sheet
from .tasks import EXPORT, export_path, rights_now
from .token_limit import limit_of
from .verdict import reason
from .workbook import write_template

SHOWN_ERRORS = 200


def attachment(content: bytes, name: str, media_type: str = XLSX) -> Response:
    """A file to keep, under its name in any script."""
    disposition = f"attachment; filename=\"{_ascii(name)}\"; filename*=UTF-8''{quote(name, safe='')}"
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return Response(content, headers=headers, media_type=media_type)


def _ascii(name: str) -> str:
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in name)
    return plain[:80] or "file"


def own_import(ctx: Context, call: Call) -> Import:
    """The caller's import of the address. Raises NotFound, AccessDenied where he goes on with it but may not."""
    record = staging.find(ctx.conn, call.record_id(), ctx.actor.id)
    if call.method not in SAFE_METHODS:
        ctx.access.entity(record.entity).require("import")
    return record


def start_import(ctx: Context, call: Call) -> Response:
    """Stage an uploaded file, with suggestions for its columns; nothing is written to records."""
    call.form.only("entity", "options", "_csrf")
    entity = call.form.one("entity")
    ctx.access.entity(entity).require("import")
    given = call.form.one("options")
    options = Options.parse(read_json(given.encode()) if given else {})
    record = stage_upload(ctx, call, entity, options)
    if options.dry_run:
        begin(ctx, record, CHECK)
    return json_answer(describe(ctx, record.id, with_columns=True), 201)


def stage_upload(ctx: Context, call: Call, entity: str, options: Options) -> Import:
    """The staged import of the uploaded file. Raises FileRefused, InvalidInput for options that do not fit it."""
    upload = call.upload("file")
    digest = staging.keep_file(ctx.settings.data_dir, upload.file.read())
    sheet = read(staging.file_path(ctx.settings.data_dir, digest), options.sheet)
    resolve(ctx, entity, sheet, options)
    import_id = staging.stage(ctx, entity, upload.name, digest, options)
    return staging.find(ctx.conn, import_id, ctx.actor.id)


def show_import(ctx: Context, call: Call) -> Response:
    """State, progress, counts and the first refusals of an import."""
    call.query.only()
    return json_answer(describe(ctx, own_import(ctx, call).id, with_columns=True))


def describe(ctx: Context, import_id: int, *, with_columns: bool = False) -> dict[str, Any]:
    """An import as JSON."""
    now = find_standing(ctx, import_id)
    record = now.record
    readable = not now.busy and ctx.access.may(record.entity, "import")
    described: dict[str, Any] = {
        "id": record.id,
        "entity": record.entity,
        "file": record.file_name,
        "state": now.state,
        "options": record.options.dump(),
        "counts": dict(record.counts),
        "error": None if record.error is None else {**record.error, "message": record.error["message"][ctx.lang]},
        "job": None if now.job is None else _describe_job(now.job),
        "errors": _errors(ctx, record) if readable else [],
    }
    if with_columns and readable and now.may_change:
        described["columns"] = _columns(ctx, record)
    return described


def _describe_job(job: jobs.Job) -> dict[str, Any]:
    return {"id": job.id, "state": job.state, "done": job.progress_done, "total": job.progress_total}


def _columns(ctx: Context, record: Import) -> list[dict[str, Any]]:
    _layout, matches = suggest(ctx, record.entity, staged_sheet(ctx, record), record.options)
    return [
        {
            "header": match.header,
            "field": chosen_field(match, record.options.map),
            "confidence": match.confidence,
            "samples": list(match.samples),
        }
        for match in matches
    ]


def _errors(ctx: Context, record: Import) -> list[dict[str, Any]]:
    if not record.counts.get("refused"):
        return []
    verdicts = staging.load_verdicts(ctx.conn, record.id)
    layout, _matches = suggest(ctx, record.entity, staged_sheet(ctx, record), record.options)
    labels = {key: field.text(ctx.lang) for key, field in ctx.catalog.entity(record.entity).all_fields.items()}
    return [
        {
            "row": layout.data[position] + 1,
            "field": error.field,
            "code": error.code,
            "message": reason(error, labels, ctx.lang),
        }
        for position in sorted(verdicts.refused)[:SHOWN_ERRORS]
        for error in verdicts.refused[position]
    ]


def apply_import(ctx: Context, call: Call) -> Response:
    """Begin to write the rows; decisions may be sent along. With `dry_run` among them, begin to check instead."""
    record = own_import(ctx, call)
    kind = APPLY
    if call.json is not None:
        record = decide(ctx, record, call.json)
        kind = CHECK if call.json.get("dry_run") else APPLY
    begin(ctx, record, kind)
    return json_answer(describe(ctx, record.id), 202)


def cancel_import(ctx: Context, call: Call) -> Response:
    """Stop what is running; an import that waits is put aside."""
    record = own_import(ctx, call)
    stop(ctx, record)
    return json_answer(describe(ctx, record.id))


def stop(ctx: Context, record: Import) -> None:
    """Ask what is running to stop; put aside what only waits."""
    if record.job is not None:
        jobs.cancel(ctx.conn, record.job)
    if record.state in (staging.STAGED, staging.CHECKED):
        staging.move(ctx.conn, record, staging.CANCELLED)


def undo_import(ctx: Context, call: Call) -> Response:
    """Begin to take back what the import wrote."""
    record = own_import(ctx, call)
    begin(ctx, record, UNDO)
    return json_answer(describe(ctx, record.id), 202)


def import_report(ctx: Context, call: Call) -> Response:
    """The user's workbook with the result of each row."""
    return report_of(ctx, own_import(ctx, call))


def report_of(ctx: Context, record: Import) -> Response:
    """The report workbook of an import. Raises NotFound before there is any result."""
    verdicts = staging.load_verdicts(ctx.conn, record.id)
    if not verdicts.total:
        raise NotFound()
    path = staging.checked_path(ctx.settings.data_dir, record)
    sheet = read(path, record.options.sheet)
    layout, sources = resolve(ctx, record.entity, sheet, record.options)
    content = io.BytesIO()
    Report(sheet, layout, sources, verdicts, ctx.lang).write(content, path)
    return attachment(content.getvalue(), f"{Path(record.file_name).stem}-report.xlsx")


def start_export(ctx: Context, call: Call) -> Response:
    """Begin an export: {entity, filter, sort, fields, search, list, format}."""
    if not isinstance(call.json, dict) or not isinstance(call.json.get("entity"), str):
        raise InvalidInput("export.bad_request")
    job = enqueue_export(ctx, {name: _text(value) for name, value in call.json.items()})
    return json_answer({"id": job, "state": "queued"}, 202)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def enqueue_export(ctx: Context, params: dict[str, str]) -> int:
    """The job of a checked export. Raises FormloomError."""
    entity, kind = params.pop("entity"), params.pop("format", "xlsx")
    if kind not in ("xlsx", "csv"):
        raise InvalidInput("export.bad_request")
    request_of(ctx, entity, params)
    payload = {"entity": entity, "params": params, "format": kind, **limit_of(ctx)}
    job = jobs.enqueue(ctx.conn, EXPORT, payload, ctx.actor.id)
    if ctx.site is not None:
        ctx.after_commit.append(ctx.site.wake_jobs)
    return job


def own_export(ctx: Context, call: Call) -> jobs.Job:
    """The caller's export of the address. Raises NotFound."""
    job = jobs.get_job(ctx.conn, call.record_id())
    if job is None or job.kind != EXPORT or job.actor != ctx.actor.id:
        raise NotFound()
    return job


def show_export(ctx: Context, call: Call) -> Response:
    """State and progress of an export."""
    job = own_export(ctx, call)
    result = job.result and {name: value for name, value in job.result.items() if name != "rights"}
    return json_answer({**_describe_job(job), "result": result})


def export_file(ctx: Context, call: Call) -> Response:
    """The finished file; only for who made it, and only while he may still export this entity."""
    job = own_export(ctx, call)
    ctx.access.entity(job.payload["entity"]).require("export")
    path = export_path(ctx.settings.data_dir, job)
    if job.state != "done" or not path.exists():
        raise NotFound()
    if job.result["rights"] != rights_now(ctx.conn):
        raise Conflict("export.outdated")
    title = ctx.catalog.entity(job.payload["entity"]).text(ctx.lang, plural=True)
    name = f"{title}{path.suffix}"
    media = XLSX if path.suffix == ".xlsx" else "text/csv; charset=utf-8"
    disposition = f"attachment; filename=\"{_ascii(name)}\"; filename*=UTF-8''{quote(name, safe='')}"
    return FileResponse(
        path, headers={"Content-Disposition": disposition, "Cache-Control": "no-store"}, media_type=media
    )


def excel_template(ctx: Context, call: Call) -> Response:
    """A blank workbook to fill in and import."""
    call.query.only()
    entity = call.path["entity"]
    fields = list(template_fields(ctx, entity))
    content = io.BytesIO()
    described = ctx.catalog.entity(entity)
    write_template(content, entity=described, fields=fields, lang=ctx.lang)
    return attachment(content.getvalue(), f"{described.text(ctx.lang)}.xlsx")


routes = [
    at("POST", "/imports", start_import, write=True, shape=shapes.UPLOAD),
    at("GET", "/imports/{id}", show_import, shape=shapes.SHOW),
    at("POST", "/imports/{id}/apply", apply_import, write=True, shape=shapes.APPLY),
    at("POST", "/imports/{id}/cancel", cancel_import, write=True, shape=shapes.CANCEL),
    at("POST", "/imports/{id}/undo", undo_import, write=True, shape=shapes.UNDO),
    at("GET", "/imports/{id}/report.xlsx", import_report, shape=shapes.WORKBOOK),
    at("POST", "/exports", start_export, write=True, shape=shapes.EXPORT),
    at("GET", "/exports/{id}", show_export, shape=shapes.EXPORTED),
    at("GET", "/exports/{id}/file", export_file, shape=shapes.FILE),
    at("GET", "/excel-templates/{entity}", excel_template, shape=shapes.WORKBOOK),
]
