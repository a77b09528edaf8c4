"""Built files are kept by browsers for good, because their names change with their content."""

from pathlib import Path

import pytest

from formloom.runtime import app
from formloom.runtime.http import statics
from tests.runtime.world import Visitor, site_of


@pytest.fixture
def visitor_with_files(world, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Visitor:
    folder = tmp_path / "dist"
    folder.mkdir()
    (folder / "app-ABC.js").write_text("let x = 1")
    monkeypatch.setattr(statics, "DIST", folder)
    monkeypatch.setattr(app, "BuiltFiles", statics.BuiltFiles)
    return Visitor(site_of(world, tmp_path))


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_a_built_file_is_kept_for_good(visitor_with_files: Visitor):
    answer = visitor_with_files.get("/static/app-ABC.js")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "path", ["nothing.js", "../secret", "%2e%2e/secret", "..%2fsecret", "", "/etc/passwd", "a\\b"]
)
def test_nothing_else_is_served(visitor_with_files: Visitor, path: str):
    answer = visitor_with_files.get(f"/static/{path}")

    assert answer.status_code == 404
    assert "immutable" not in answer.headers["cache-control"]


MANY = "bytes=" + "0-1," * 4_000 + "0-1"
RANGES = (MANY, "bytes=-5", "bytes=99999999999-", "bytes=5-1", "bytes=0-1,0-1,0-1", "x")


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_odd_ranges_are_refused_or_ignored(visitor_with_files: Visitor):
    for asked in RANGES:
        answer = visitor_with_files.get("/static/app-ABC.js", headers={"range": asked})
        assert answer.status_code in (200, 206, 400, 416, 431), asked
