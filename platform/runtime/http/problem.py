"""An error as its reader gets it: `application/problem+json` (RFC 9457) or a page. Errors are worded only here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import orjson
from sqlalchemy import exc
from starlette.responses import Response

from ...metadata.errors import Conflict, FormloomError
from ...metadata.wording import say
from .errors import BadRequest, Unavailable

RETRY_SECONDS = 2


@dataclass(frozen=True)
class Problem:
    """What a reader may know about an error. `errors` holds {field, code, message} per refused field."""

    status: int
    code: str
    title: str
    detail: str
    errors: Sequence[dict[str, Any]]
    request_id: str
    lang: str
    retry_after: int = 0
    more: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The problem document's members."""
        return {
            "type": f"about:blank#{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "errors": list(self.errors),
            "request_id": self.request_id,
            **self.more,
        }


def problem_of(error: FormloomError, lang: str, request_id: str) -> Problem:
    """The problem that describes `error` in `lang`."""
    errors = [{"field": e.field, "code": e.code, "message": e.message(lang)} for e in error.fields]
    errors += [_finding(finding, lang) for finding in getattr(error, "findings", ())]
    return Problem(
        status=error.status,
        code=error.code,
        title=_title(error.status, lang),
        detail=error.message(lang),
        errors=errors,
        request_id=request_id,
        lang=lang,
        retry_after=getattr(error, "seconds", RETRY_SECONDS if error.status in (429, 503) else 0),
        more=_members(error, lang),
    )


def _members(error: FormloomError, lang: str) -> Mapping[str, Any]:
    """What else the document says, worded where it holds words."""
    worded = getattr(error, "members_in", None)
    return worded(lang) if worded is not None else getattr(error, "members", {})


def _finding(finding: Any, lang: str) -> dict[str, Any]:
    found = finding.dump(lang)
    place = (found.get("file") or f"{found['kind']}/{found['key']}") + found["path"]
    return {"field": place, "code": found["id"], "message": found["message"], "hint": found["hint"]}


def _title(status: int, lang: str) -> str:
    return say(f"http.title.{status if status in TITLED else status // 100 * 100}", lang)


TITLED = frozenset({400, 401, 403, 404, 405, 409, 413, 415, 422, 428, 429, 500, 503, 504, 507})


def as_known(error: Exception) -> FormloomError | None:
    """The error of our family that a library's error means, or None for a defect."""
    if isinstance(error, FormloomError):
        return error
    if isinstance(error, exc.IntegrityError):
        return Conflict("conflict")
    if isinstance(error, (exc.OperationalError, exc.TimeoutError, exc.InternalError)):
        return _of_database(error)
    if isinstance(error, exc.DBAPIError) and is_transient(error):
        return Unavailable("busy")
    if isinstance(error, (exc.DataError, OverflowError)):
        return BadRequest("out_of_range", code="validation_failed", status=422)
    return None


TRY_AGAIN = frozenset({"40001", "40P01", "42703", "42P01", "0A000"})
"""PostgreSQL's codes for: not serializable, deadlock, and three ways in which the tables have just changed."""


def is_transient(error: exc.DBAPIError) -> bool:
    """Whether the same work may succeed in a new transaction."""
    return getattr(error.orig, "sqlstate", None) in TRY_AGAIN


def _of_database(error: Exception) -> FormloomError:
    text = str(getattr(error, "orig", None) or error).lower()
    if "full" in text or "no space" in text:
        return Unavailable("storage_full", status=507)
    if "readonly" in text or "read-only" in text:
        return Unavailable("read_only")
    if re.search(r"statement timeout|interrupted", text):
        return Unavailable("timeout", status=504)
    return Unavailable("busy")


def json_problem(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """The problem as JSON."""
    answer = Response(
        orjson.dumps(problem.as_json()), problem.status, headers=headers, media_type="application/problem+json"
    )
    _add_status_headers(answer, problem)
    return answer


def plain_page(problem: Problem) -> Response:
    """The problem as a page without the shell, for what fails before or inside the renderer."""
    title, detail = escape(problem.title), escape(problem.detail)
    page = (
        f'<!doctype html><html lang="{problem.lang}"><meta charset="utf-8"><title>{title}</title>'
        f"<body><main><h1>{title}</h1><p>{detail}</p><p><small>{problem.request_id}</small></p></main></body></html>"
    )
    answer = Response(page, problem.status, media_type="text/html")
    _add_status_headers(answer, problem)
    return answer


def _add_status_headers(answer: Response, problem: Problem) -> None:
    answer.headers["Cache-Control"] = "no-store"
    if problem.retry_after:
        answer.headers["Retry-After"] = str(problem.retry_after)
    if problem.status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="formloom"'
