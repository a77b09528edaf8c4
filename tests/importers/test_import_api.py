"""Imports by API: staged, decided, applied, stopped and undone by address, each by its own user only."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from formloom.importers import apply
from formloom.runtime.jobs import Worker
from tests.runtime.world import Visitor

from .conftest import Desk, Row, workbook

SHEET: list[Row] = [["Name", "Staff"], ["a", 1], ["b", "many"], ["c", 3]]


def content(tmp_path: Path, rows: list[Row] = SHEET) -> bytes:
    """The bytes of a workbook."""
    return workbook(tmp_path / "upload.xlsx", rows).read_bytes()


def staged(visitor: Visitor, body: bytes, entity: str = "company", name: str = "s.xlsx", **options: Any) -> Any:
    """The answer to an upload."""
    data = {"entity": entity, "options": json.dumps(options)}
    return visitor.api("POST", "/imports", data=data, files={"file": (name, body)})


def work(visitor: Visitor) -> None:
    """Do all jobs that wait."""
    worker = Worker(visitor.site.database, visitor.site.settings, site=visitor.site)
    while worker.run_once():
        pass


def shown(visitor: Visitor, import_id: int) -> Any:
    """The import as its address shows it."""
    return visitor.api("GET", f"/imports/{import_id}").json()


def test_an_import_goes_from_upload_to_report_and_back(visitor: Visitor, tmp_path: Path, desk: Desk) -> None:
    visitor.sign_in("sally")

    answer = staged(visitor, content(tmp_path))
    assert answer.status_code == 201
    made = answer.json()
    assert (made["state"], made["entity"], made["file"]) == ("staged", "company", "s.xlsx")
    assert [(c["header"], c["field"], c["confidence"]) for c in made["columns"]] == [
        ("Name", "name", 100),
        ("Staff", "staff", 100),
    ]

    at = f"/imports/{made['id']}"
    assert visitor.api("POST", f"{at}/apply", {"dry_run": True}).status_code == 202
    work(visitor)
    checked = shown(visitor, made["id"])
    assert (checked["state"], checked["counts"]["created"], checked["counts"]["written"]) == ("checked", 2, 0)
    assert [(e["row"], e["field"], e["code"]) for e in checked["errors"]] == [(3, "staff", "not_a_number")]
    assert desk.rows("company", "name") == []

    assert visitor.api("POST", f"{at}/apply", {"mode": "rows"}).status_code == 202
    assert visitor.api("POST", f"{at}/apply").status_code == 409
    work(visitor)
    done = shown(visitor, made["id"])
    assert (done["state"], done["counts"]["written"], done["job"]["state"]) == ("done", 2, "done")
    assert desk.rows("company", "name") == [("a",), ("c",)]

    report = visitor.api("GET", f"{at}/report.xlsx")
    assert report.status_code == 200
    assert "attachment" in report.headers["content-disposition"]
    assert openpyxl.load_workbook(io.BytesIO(report.content)).worksheets[0]["C3"].value.startswith("Staff:")

    assert visitor.api("POST", f"{at}/undo").status_code == 202
    work(visitor)
    assert (shown(visitor, made["id"])["state"], desk.rows("company", "name")) == ("undone", [])


def test_a_dry_run_is_begun_with_the_upload(visitor: Visitor, tmp_path: Path) -> None:
    visitor.sign_in("sally")

    made = staged(visitor, content(tmp_path), dry_run=True).json()
    work(visitor)

    assert shown(visitor, made["id"])["counts"]["refused"] == 1


def test_anothers_import_is_not_found(visitor: Visitor, tmp_path: Path) -> None:
    visitor.sign_in("sally")
    at = f"/imports/{staged(visitor, content(tmp_path)).json()['id']}"
    other = visitor.another().sign_in("boss")

    answers = [
        other.api(method, path).status_code
        for method, path in [
            ("GET", at),
            ("POST", f"{at}/apply"),
            ("POST", f"{at}/cancel"),
            ("POST", f"{at}/undo"),
            ("GET", f"{at}/report.xlsx"),
            ("GET", "/imports/9999"),
            ("GET", "/imports/x"),
        ]
    ]

    assert answers == [404] * 7
    assert other.get(f"/imports/{at.rpartition('/')[2]}").status_code == 404


def archive(**members: bytes) -> bytes:
    """A zip file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, body in members.items():
            made.writestr(name, body)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("label", "body", "status", "code"),
    [
        ("an old workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 415, "import.unsupported_type"),
        ("nothing", b"", 422, "import.empty_file"),
        ("macros", archive(**{"xl/vbaProject.bin": b"x"}), 415, "import.macros"),
        ("a bomb", archive(**{"xl/workbook.xml": bytes(80 * 2**20)}), 413, "import.too_large"),
        ("another archive", archive(hello=b"x"), 422, "import.unreadable"),
    ],
)
def test_files_that_are_no_sheets_are_refused_and_leave_nothing(
    visitor: Visitor, label: str, body: bytes, status: int, code: str
) -> None:
    answer = staged(visitor.sign_in("sally"), body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert visitor.api("GET", "/imports/1").status_code == 404


@pytest.mark.parametrize(
    ("entity", "options", "status"),
    [
        ("nothing", {}, 404),
        ("vault", {}, 404),
        ("deal", {}, 403),
        ("company", {"map": {"Name": "cost"}}, 422),
        ("company", {"map": {"Name": "no_such"}}, 422),
        ("company", {"map": {"Name": "rating"}}, 422),
        ("company", {"colour": "red"}, 422),
        ("company", {"sheet": "Other"}, 422),
        ("company", {"header": 90}, 422),
    ],
)
def test_uploads_that_may_not_be_are_refused(
    visitor: Visitor, tmp_path: Path, entity: str, options: dict[str, Any], status: int
) -> None:
    visitor.sign_in("sally")

    assert staged(visitor, content(tmp_path), entity, **options).status_code == status


def test_decisions_that_do_not_fit_are_refused_at_once_and_change_nothing(
    visitor: Visitor, tmp_path: Path
) -> None:
    visitor.sign_in("sally")
    made = staged(visitor, content(tmp_path)).json()
    at = f"/imports/{made['id']}/apply"
    refused = [{"map": {"Nome": "name"}}, {"key": ["cost"], "on_duplicate": "skip"}, [], {"sheet": "Other"}]

    assert [visitor.api("POST", at, body).status_code for body in refused] == [422] * 4
    assert shown(visitor, made["id"])["options"] == made["options"]


def test_an_import_that_waits_can_be_put_aside_and_taken_up_again(
    visitor: Visitor, tmp_path: Path, desk: Desk
) -> None:
    visitor.sign_in("sally")
    made = staged(visitor, content(tmp_path), mode="rows").json()
    at = f"/imports/{made['id']}"
    visitor.api("POST", f"{at}/apply")

    assert visitor.api("POST", f"{at}/cancel").json()["state"] == "cancelled"
    work(visitor)
    assert desk.rows("company", "name") == []
    assert visitor.api("POST", f"{at}/undo").status_code == 409
    assert visitor.api("POST", f"{at}/apply").status_code == 202
    work(visitor)
    assert shown(visitor, made["id"])["state"] == "done"


def test_an_import_stopped_half_way_says_so_and_only_goes_on_or_back(
    visitor: Visitor, tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply, "BATCH_ROWS", 2)
    monkeypatch.setattr("formloom.runtime.jobs.CANCEL_SECONDS", 0)
    visitor.sign_in("sally")
    made = staged(visitor, content(tmp_path, [["Name"], *([str(n)] for n in range(6))]), mode="rows").json()
    at = f"/imports/{made['id']}"
    visitor.api("POST", f"{at}/apply")
    ask_to_stop_after(1, made["id"], visitor, monkeypatch)

    work(visitor)

    stopped = shown(visitor, made["id"])
    assert (stopped["state"], stopped["counts"]["written"], stopped["job"]["state"]) == (
        "cancelled",
        2,
        "cancelled",
    )
    assert desk.rows("company", "name") == [("0",), ("1",)]
    assert visitor.api("POST", f"{at}/apply", {"map": {"Name": "city"}}).status_code == 409
    page = visitor.get(at).text
    assert f'action="{at}/start"' in page
    assert f'action="{at}/undo"' in page

    assert visitor.api("POST", f"{at}/undo").status_code == 202
    work(visitor)
    assert desk.rows("company", "name") == []
    assert shown(visitor, made["id"])["state"] == "undone"


def ask_to_stop_after(batches: int, import_id: int, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the user press stop once so many batches are in."""
    from formloom.importers import run

    real, left = run.staging.store_verdicts, [batches]

    def counted(conn: Any, record: int, verdicts: Any) -> None:
        real(conn, record, verdicts)
        left[0] -= 1
        if left[0] == 0:
            from formloom.importers import staging
            from formloom.runtime import jobs

            job = staging.find(conn, import_id, None).job
            assert job is not None
            jobs.cancel(conn, job)

    monkeypatch.setattr(run.staging, "store_verdicts", counted)


def test_a_job_that_broke_leaves_an_import_that_can_be_tried_again(
    visitor: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.sign_in("sally")
    made = staged(visitor, content(tmp_path), mode="rows").json()
    at = f"/imports/{made['id']}"
    visitor.api("POST", f"{at}/apply")
    with visitor.site.database.writing() as conn:
        from formloom.runtime.job_queue import jobs as table

        conn.execute(table.update().values(state="failed", result={"error": {"code": "job.broken", "message": {
            "zh": "坏了", "en": "Broken"}}}))  # fmt: skip

    assert shown(visitor, made["id"])["state"] == "failed"
    assert "Broken" in visitor.get(at).text
    assert visitor.api("POST", f"{at}/apply").status_code == 202
    work(visitor)
    assert shown(visitor, made["id"])["state"] == "done"


def test_rights_are_judged_when_the_rows_are_written(visitor: Visitor, tmp_path: Path, desk: Desk) -> None:
    from formloom.metadata import changesets
    from formloom.metadata.drafts import Edit

    visitor.sign_in("sally")
    made = staged(visitor, content(tmp_path), mode="rows").json()
    visitor.api("POST", f"/imports/{made['id']}/apply")
    changesets.apply(desk.database, [Edit("delete", "grant", "company.importing")], actor="test")

    work(visitor)

    failed = shown(visitor, made["id"])
    assert (failed["state"], failed["error"]["code"]) == ("failed", "op_denied")
    assert desk.rows("company", "name") == []
    assert visitor.api("POST", f"/imports/{made['id']}/apply").status_code == 403


def test_the_addresses_describe_what_they_take_and_give(visitor: Visitor) -> None:
    paths = visitor.sign_in("sally").api("GET", "/openapi.json").json()["paths"]

    upload = paths["/imports"]["post"]
    form = upload["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert set(form["properties"]) == {"entity", "file", "options"}
    assert "columns" in upload["responses"]["201"]["content"]["application/json"]["schema"]["properties"]
    assert (
        "map"
        in paths["/imports/{id}/apply"]["post"]["requestBody"]["content"]["application/json"]["schema"][
            "properties"
        ]
    )
    assert not paths["/imports/{id}/apply"]["post"]["requestBody"]["required"]
    assert list(paths["/exports/{id}/file"]["get"]["responses"]["200"]["content"]) == ["application/octet-stream"]
    assert "/excel-templates/company" in paths
    assert "requestBody" not in paths["/imports/{id}/undo"]["post"]
