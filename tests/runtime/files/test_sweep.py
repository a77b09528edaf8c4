"""The sweep: what nobody wanted goes, nothing else does, and nothing a running backup may still read."""

import os
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from formloom.runtime.files import sweeping
from formloom.runtime.files.tables import files
from tests.runtime.files.studio import codes, job, picture, uploaded

NOW = datetime.now(UTC)
DAY = timedelta(days=1, minutes=5)


def age(visitor) -> None:
    """Let everything be older than a day, contents too."""
    with visitor.site.database.writing() as conn:
        conn.execute(sa.update(files).values(created_at=NOW - DAY))
    long_ago = (NOW - DAY).timestamp()
    for name in ("files", "thumbnails"):
        for path in (visitor.site.settings.data_dir / name).rglob("*"):
            os.utime(path, (long_ago, long_ago))


def contents(visitor) -> int:
    return sum(1 for _ in visitor.site.files.keys("files"))


def test_uploads_nobody_used_go_in_two_steps_a_day_apart(sally):
    loose, own = uploaded(sally, b"loose", "a.txt"), uploaded(sally, b"own", "b.txt")
    job(sally, papers=[own])
    assert sweeping.sweep(sally.site, NOW) == (0, 0)
    age(sally)

    first = sweeping.sweep(sally.site, NOW)
    unwanted = sally.get(f"/files/{loose}/a.txt").status_code
    refused = codes(sally.api("POST", "/records/job", {"name": "x", "papers": [loose]}))
    still = contents(sally)
    second = sweeping.sweep(sally.site, NOW + DAY)

    assert (first, unwanted, refused, still) == ((1, 0), 404, {"papers": "invalid_file"}, 2)
    assert (second, contents(sally)) == ((0, 1), 1)
    assert sally.get(f"/files/{own}/b.txt").content == b"own"


def test_a_content_that_others_have_too_stays(sally):
    uploaded(sally, b"same", "a.txt")
    own = uploaded(sally, b"same", "b.txt")
    job(sally, papers=[own])
    age(sally)

    sweeping.sweep(sally.site, NOW)
    sweeping.sweep(sally.site, NOW + DAY)

    assert sally.get(f"/files/{own}/b.txt").content == b"same"


def test_what_was_taken_out_of_a_record_stays(sally):
    own = uploaded(sally, b"own", "b.txt")
    record = job(sally, papers=[own])
    sally.api("PATCH", f"/records/job/{record['id']}", {"rev": record["rev"], "papers": None})
    age(sally)

    sweeping.sweep(sally.site, NOW)
    sweeping.sweep(sally.site, NOW + DAY)

    assert sally.get(f"/files/{own}/b.txt").content == b"own"


def test_contents_without_a_row_go_when_they_are_old_with_their_pictures(sally):
    uploaded(sally, picture(), "a.png")
    with sally.site.database.writing() as conn:
        conn.execute(sa.delete(files))
    assert sweeping.sweep(sally.site, NOW) == (0, 0)
    age(sally)

    assert sweeping.sweep(sally.site, NOW) == (0, 1)
    assert [*sally.site.files.keys("files"), *sally.site.files.keys("thumbnails")] == []


def test_a_content_swept_while_it_is_sent_again_is_written_again(sally, monkeypatch):
    from formloom.runtime.files import uploading

    def swept_in_between(conn):
        for key, _ in list(sally.site.files.keys("files")):
            sally.site.files.delete(key)

    monkeypatch.setattr(uploading, "_hold_sweep", swept_in_between)

    own = uploaded(sally, b"again", "a.txt")

    assert sally.get(f"/files/{own}/a.txt").content == b"again"
