"""Backups hold the files their rows refer to; restoring brings them back, and whatever is not whole is refused."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from formloom.metadata.database import Database
from formloom.metadata.errors import SetupError
from formloom.runtime import cli
from formloom.runtime.backup import check_backup, make_backup, restore_backup
from formloom.runtime.files import packing
from formloom.runtime.files.store import LocalStore, key_of
from formloom.runtime.settings import Settings
from tests.runtime.files.studio import job, picture, uploaded

pytestmark = pytest.mark.parametrize("world", ["sqlite"], indirect=True)


@pytest.fixture
def backup(sally, tmp_path) -> Path:
    """A backup of a job with a picture, a paper twice, and one that was taken out again."""
    twice = [uploaded(sally, b"%PDF-1 same", name) for name in ("a.pdf", "b.pdf")]
    record = job(sally, photos=[uploaded(sally, picture(), "a.png")], papers=twice)
    gone = uploaded(sally, b"old", "old.txt")
    changed = sally.api("PATCH", f"/records/job/{record['id']}", {"rev": record["rev"], "papers": [*twice, gone]})
    sally.api("PATCH", f"/records/job/{record['id']}", {"rev": changed.json()["rev"], "papers": twice})
    out = tmp_path / "backup.zip"
    made = make_backup(sally.site, out)
    assert (made.files, made.files_lost) == (3, 0)
    return out


def test_files_come_back_with_the_data(backup, tmp_path):
    fresh = Settings(data_dir=tmp_path / "new")

    restore_backup(fresh, backup)

    database, keeper = Database(fresh.url), LocalStore(fresh.data_dir)
    with database.reading() as conn:
        wanted = packing.referred(conn)
        assert packing.lost(conn, keeper) == []
    database.close()
    assert len(wanted) == 3
    contents = {b"".join(keeper.read(key_of(sha256))) for sha256 in wanted}
    assert contents == {picture(), b"%PDF-1 same", b"old"}


def test_a_whole_backup_has_no_problems(backup):
    manifest, problems = check_backup(backup)

    assert (manifest.files, problems) == (3, [])


def members(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewrite(file: Path, held: dict[str, bytes]) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in held.items():
            archive.writestr(name, content)


def without_a_content(held: dict[str, bytes]) -> None:
    del held[next(name for name in held if name.startswith("files/"))]


def with_another_content(held: dict[str, bytes]) -> None:
    held[next(name for name in held if name.startswith("files/"))] = b"forged"


def with_one_more(held: dict[str, bytes]) -> None:
    held["files/../../evil"] = b"x"


def with_another_list(held: dict[str, bytes]) -> None:
    held["files.json"] = json.dumps({"../../evil": 1}).encode()


def without_a_list(held: dict[str, bytes]) -> None:
    del held["files.json"]


@pytest.mark.parametrize(
    "spoil", [without_a_content, with_another_content, with_one_more, with_another_list, without_a_list]
)
def test_a_spoiled_backup_is_refused_and_nothing_is_touched(backup, tmp_path, spoil):
    held = members(backup)
    spoil(held)
    rewrite(backup, held)
    fresh = Settings(data_dir=tmp_path / "new")

    for act in (lambda: check_backup(backup), lambda: restore_backup(fresh, backup)):
        with pytest.raises(SetupError, match="not a whole backup"):
            act()

    assert not (tmp_path / "new" / "files").exists()


def test_what_was_lost_before_is_told(sally, backup, tmp_path):
    key = next(key for key, _ in sally.site.files.keys("files"))
    sally.site.files.delete(key)

    made = make_backup(sally.site, tmp_path / "second.zip")
    _, problems = check_backup(tmp_path / "second.zip")

    assert (made.files, made.files_lost) == (2, 1)
    assert [problem.code for problem in problems] == ["file_missing"]
    assert key.rpartition("/")[2] in problems[0].message("zh")


def test_the_doctor_misses_lost_contents(sally, tmp_path, monkeypatch, capsys):
    job(sally, papers=[uploaded(sally)])
    monkeypatch.setenv("LANG", "C")
    monkeypatch.setenv("FORMLOOM_DATA_DIR", str(sally.site.settings.data_dir))
    monkeypatch.setenv("FORMLOOM_DATABASE_URL", sally.site.database.url.render_as_string())
    assert cli.main(["doctor"]) == 0
    for key, _ in list(sally.site.files.keys("files")):
        sally.site.files.delete(key)

    assert cli.main(["doctor"]) == 1
    assert "content of a file is missing" in capsys.readouterr().out


def test_a_backup_from_before_there_were_files_is_read(sally, tmp_path):
    out = tmp_path / "old.zip"
    make_backup(sally.site, out)
    held = members(out)
    del held["files.json"]
    manifest = json.loads(held["manifest.json"])
    kept = {name: value for name, value in manifest.items() if not name.startswith("files")}
    held["manifest.json"] = json.dumps({**kept, "format": 1}).encode()
    rewrite(out, held)

    assert check_backup(out)[1] == []


def test_a_bucket_gets_its_contents_through_a_file(backup, tmp_path):
    from obstore.store import MemoryStore

    from formloom.runtime.files.objects import ObjectStore

    bucket = ObjectStore(MemoryStore())
    with zipfile.ZipFile(backup) as archive:
        listed = json.loads(archive.read("files.json"))
        packing.unpack(archive, listed, bucket, tmp_path)

    assert {key.rpartition("/")[2] for key, _ in bucket.keys("files")} == set(listed)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        _, lost = packing.pack(archive, bucket, listed)
    assert lost == []
