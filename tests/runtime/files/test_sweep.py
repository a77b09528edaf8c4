"""The sweep: what nobody wanted goes, nothing else does, and nothing a running backup may still read."""

import os
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from formloom.metadata import changesets, shadows
from formloom.metadata.doctor import doctor
from formloom.metadata.drafts import Edit
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


def changed(visitor, *edits, **more):
    """A changeset of the boss; what it says."""
    with visitor.site.database.reading() as conn:
        there = {key: document for (kind, key), document in visitor.site.catalog(conn).documents.items()}
    applied = changesets.apply(visitor.site.database, [edit(there) for edit in edits], "boss", **more)
    return applied.number


def without(entity, *fields):
    """The edit that takes fields out of an entity."""

    def edit(there):
        document = there[entity]
        return Edit.put({**document, "fields": [raw for raw in document["fields"] if raw["key"] not in fields]})

    return edit


def test_a_field_that_is_purged_lets_go_of_its_files_and_only_of_those(sally):
    gone, taken_out = uploaded(sally, b"gone", "a.txt"), uploaded(sally, b"taken out", "b.txt")
    other = uploaded(sally, picture(), "c.png")
    record = job(sally, papers=[gone, taken_out], photos=[other])
    sally.api("PATCH", f"/records/job/{record['id']}", {"rev": record["rev"], "papers": [gone]})
    number = changed(sally, without("job", "papers"), allow_destructive=True)
    age(sally)
    assert sweeping.sweep(sally.site, NOW + DAY)[1] == 0, "it can still come back"

    shadows.purge(sally.site.database, number)
    assert sweeping.sweep(sally.site, NOW) == (0, 0)
    assert sweeping.sweep(sally.site, NOW + DAY) == (0, 2)
    assert sally.get(f"/files/{other}/c.png").status_code == 200 and contents(sally) == 1


def test_files_that_a_new_field_of_the_same_key_holds_stay(sally):
    old, new = uploaded(sally, b"old", "a.txt"), uploaded(sally, b"new", "b.txt")
    record = job(sally, papers=[old])
    number = changed(sally, without("job", "papers"), allow_destructive=True)
    papers = {"key": "papers", "type": "file", "label": "Papers"}
    changed(sally, lambda there: Edit.put({**there["job"], "fields": [*there["job"]["fields"], papers]}))
    sally.api("PATCH", f"/records/job/{record['id']}", {"rev": record["rev"], "papers": [new]})

    shadows.purge(sally.site.database, number)
    age(sally)
    assert sweeping.sweep(sally.site, NOW + DAY) == (0, 1)
    assert sally.get(f"/files/{new}/b.txt").content == b"new"


def test_an_entity_that_is_purged_goes_with_its_lines_and_their_files(sally):
    paper, photo = uploaded(sally, b"paper", "a.txt"), uploaded(sally, picture(), "c.png")
    job(sally, papers=[paper], lines=[{"what": "w", "photo": [photo]}])
    kept = changed(sally, without("job", "sheet"), allow_destructive=True)
    doomed = [("grant", "job.seller"), ("entity", "job"), ("entity", "job_line")]
    number = changed(
        sally, *(lambda there, one=one: Edit("delete", *one) for one in doomed), allow_destructive=True
    )

    assert shadows.purge(sally.site.database, number) == 2
    with sally.site.database.reading() as conn:
        assert [shadow for shadow in shadows.read_shadows(conn) if shadow.changeset == kept] == []
    age(sally)
    assert sweeping.sweep(sally.site, NOW + DAY) == (0, 2) and contents(sally) == 0
    assert doctor(sally.site.database) == []
