"""Files in records: which may be taken, that they then belong there, and that they stay for the record's past."""

import copy

import sqlalchemy as sa

from formloom.metadata import changesets
from formloom.metadata.conversion import Conversion, becomes
from formloom.metadata.drafts import Edit
from formloom.metadata.model import Field
from formloom.metadata.reading import read_field
from formloom.runtime.files import attaching
from formloom.runtime.files.tables import files
from tests.runtime.files import studio
from tests.runtime.files.studio import codes, job, picture, uploaded
from tests.runtime.views.pages import counted


def place(visitor, file_id: int) -> tuple:
    with visitor.site.database.reading() as conn:
        c = files.c
        return tuple(conn.execute(sa.select(c.entity, c.record_id, c.field).where(c.id == file_id)).one())


def patch(visitor, record: dict, **values):
    return visitor.api("PATCH", f"/records/job/{record['id']}", {"rev": record["rev"], **values})


def test_files_are_given_and_told_by_their_ids_in_order(sally):
    ids = [uploaded(sally, f"%PDF-{n}".encode()) for n in range(3)]

    record = job(sally, papers=[ids[2], ids[0]], photos=[uploaded(sally, picture(), "a.png")])

    assert record["papers"] == [ids[2], ids[0]]
    assert place(sally, ids[0]) == ("job", record["id"], "papers")
    assert place(sally, ids[1]) == (None, None, None)
    changed = patch(sally, record, papers=[ids[0], ids[1], ids[2]]).json()
    assert changed["papers"] == [ids[0], ids[1], ids[2]]
    assert patch(sally, changed, papers=None).json()["papers"] is None


def test_files_of_lines_belong_to_their_line(sally):
    photo = uploaded(sally, picture(), "a.png")

    record = job(sally, lines=[{"what": "door", "photo": [photo]}])

    [line] = record["lines"]
    assert line["photo"] == [photo]
    assert place(sally, photo) == ("job_line", line["id"], "photo")
    another = uploaded(sally, picture(color="blue"), "b.png")
    kept = {"id": line["id"], "rev": line["rev"], "what": "gate", "photo": [another]}
    assert patch(sally, record, lines=[kept]).status_code == 200
    assert place(sally, another) == ("job_line", line["id"], "photo")


def test_a_file_that_is_anothers_used_or_made_up_is_refused_alike(sally, simon, boss):
    own, his = uploaded(sally), uploaded(simon)
    taken = job(sally, papers=[own])
    secret = uploaded(boss)
    boss.api("PATCH", f"/records/job/{taken['id']}", {"rev": taken["rev"], "secret": [secret]})

    answers = [
        sally.api("POST", "/records/job", {"name": "x", "papers": [each]})
        for each in (his, own, secret, 2**50 + 7, 5)
    ]

    assert [codes(each) for each in answers] == [{"papers": "invalid_file"}] * 5
    assert len({each.text.replace(each.headers["x-request-id"], "") for each in answers}) == 1
    assert place(sally, his) == (None, None, None)
    assert place(sally, own) == ("job", taken["id"], "papers")


def test_a_hidden_field_cannot_be_given_files(sally):
    own = uploaded(sally)

    hidden = sally.api("POST", "/records/job", {"name": "x", "secret": [own]})
    unknown = sally.api("POST", "/records/job", {"name": "x", "nothing": [own]})

    assert (hidden.status_code, hidden.json()["code"]) == (unknown.status_code, unknown.json()["code"])
    assert hidden.json()["code"] == "unknown_field"
    assert place(sally, own) == (None, None, None)


def test_one_file_cannot_be_in_two_places(sally):
    own, both = uploaded(sally), uploaded(sally, picture(), "a.png")

    twice = sally.api("POST", "/records/job", {"name": "x", "papers": [both], "photos": [both]})
    rows = sally.api("POST", "/records/job", {"items": [{"name": n, "papers": [own]} for n in "ab"]})
    other = job(sally, papers=[own])

    assert codes(twice) == {"photos": "invalid_file"}
    assert codes(rows) == {"items[1].papers": "invalid_file"}
    record = job(sally)
    assert codes(patch(sally, record, papers=[own])) == {"papers": "invalid_file"}
    assert codes(patch(sally, other, sheet=[own])) == {"sheet": "invalid_file"}


def test_limits_of_a_field_hold_when_a_record_is_saved(sally):
    large = uploaded(sally, b"x" * 20_001, "a.txt")
    plain = uploaded(sally, b"x", "a.txt")
    many = [uploaded(sally, f"{n}".encode(), f"{n}.txt") for n in range(4)]

    assert codes(sally.api("POST", "/records/job", {"name": "x", "papers": [large]})) == {
        "papers": "file_too_large"
    }
    assert codes(sally.api("POST", "/records/job", {"name": "x", "photos": [plain]})) == {
        "photos": "not_a_picture"
    }
    assert codes(sally.api("POST", "/records/job", {"name": "x", "sheet": [plain]})) == {"sheet": "file_kind"}
    assert codes(sally.api("POST", "/records/job", {"name": "x", "papers": many})) == {"papers": "too_many_files"}
    assert codes(sally.api("POST", "/records/job", {"name": "x", "papers": ["1"]})) == {"papers": "wrong_type"}


def test_what_was_taken_out_stays_for_the_past_and_can_be_put_back(sally, simon):
    first, second = uploaded(sally, name="one.pdf"), uploaded(sally, b"%PDF-2", "two.pdf")
    record = job(sally, papers=[first])

    changed = patch(sally, record, papers=[second]).json()
    history = sally.api("GET", f"/records/job/{record['id']}/changes").json()["items"]

    [told] = [field for entry in history for field in entry["fields"] if field["field"] == "papers"]
    assert (told["old"], told["new"]) == ([first], [second])
    assert (told["old_text"], told["new_text"]) == ("one.pdf", "two.pdf")
    assert sally.get(f"/files/{first}/one.pdf").status_code == 200
    assert simon.get(f"/files/{first}/one.pdf").status_code == 404
    back = patch(sally, changed, papers=[first, second])
    assert back.json()["papers"] == [first, second]


def test_a_deleted_record_takes_its_files_out_of_reach_until_it_comes_back(sally):
    own = uploaded(sally)
    record = job(sally, papers=[own])

    sally.api("DELETE", f"/records/job/{record['id']}", {"rev": record["rev"]})
    assert sally.get(f"/files/{own}/x").status_code == 404
    sally.api("POST", "/records/job/batch", {"op": "restore", "ids": [record["id"]]})

    assert sally.get(f"/files/{own}/x").status_code == 200


def test_lists_find_records_with_and_without_files_and_count_them(sally):
    with_one, without = job(sally, papers=[uploaded(sally)]), job(sally)

    found = {
        op: [row["id"] for row in sally.api("GET", f"/records/job?papers__{op}=1").json()["items"]]
        for op in ("is_empty", "is_not_empty")
    }

    assert found == {"is_empty": [without["id"]], "is_not_empty": [with_one["id"]]}
    assert sally.api("GET", "/records/job?sort=papers").status_code == 422
    asked = {"measures": [{"op": "count", "field": "papers"}]}
    assert sally.api("POST", "/records/job/aggregate", asked).json()["rows"][0]["values"] == [1]


def test_a_copy_begins_without_the_files_of_its_original(sally):
    record = job(sally, papers=[uploaded(sally, name="one.pdf")])

    page = sally.get(f"/e/job/new?copy={record['id']}").text

    assert "Roof" in page
    assert "one.pdf" not in page


def test_files_follow_their_field_and_entity_to_new_names(sally):
    own, gone = uploaded(sally, name="one.pdf"), uploaded(sally, b"%PDF-2", "two.pdf")
    record = job(sally, papers=[own, gone])
    patch(sally, record, papers=[own])
    work = copy.deepcopy(next(each for each in studio.DOCUMENTS if each["key"] == "job"))
    work["fields"][1] |= {"key": "scans", "was": ["papers"]}
    grant = {**studio.DOCUMENTS[-1], "key": "work.seller", "entity": "work"}
    renamed = {**work, "key": "work", "was": ["job"]}
    line = {**studio.DOCUMENTS[1], "parent": "work"}
    edits = [Edit.put(renamed), Edit("delete", "entity", "job"), Edit.put(line), Edit.put(grant)]
    edits.append(Edit("delete", "grant", "job.seller"))
    changesets.apply(sally.site.database, edits, actor="test")

    answer = sally.api("GET", f"/records/work/{record['id']}").json()
    assert answer["scans"] == [own]
    assert [sally.get(f"/files/{each}/x").status_code for each in (own, gone)] == [200, 200]
    put_back = {"rev": answer["rev"], "scans": [own, gone]}
    assert sally.api("PATCH", f"/records/work/{record['id']}", put_back).json()["scans"] == [own, gone]


def test_a_list_with_files_takes_no_statement_more(sally):
    for n in range(3):
        job(sally, papers=[uploaded(sally, f"%PDF-{n}{m}".encode()) for m in range(2)])

    with counted(sally) as plain:
        assert sally.get("/e/job?columns=name").status_code == 200
    with counted(sally) as full:
        page = sally.get("/e/job?columns=name,papers,photos").text

    assert len(full) == len(plain)
    assert page.count("file-chip") == 3
    assert page.count("+1") == 3


def test_files_are_no_way_to_group(sally):
    job(sally, papers=[uploaded(sally)])

    answer = sally.api("POST", "/records/job/aggregate", {"group_by": ["papers"]})

    assert answer.status_code == 422, answer.text


def test_of_two_who_save_the_same_upload_at_once_one_is_refused(sally, monkeypatch):
    own = uploaded(sally)
    first = job(sally, papers=[own])
    monkeypatch.setattr(attaching, "refuse_unfit", lambda batch, added: None)

    answer = sally.api("POST", "/records/job", {"name": "x", "papers": [own]})

    assert (answer.status_code, answer.json()["code"]) == (409, "file_taken")
    assert place(sally, own) == ("job", first["id"], "papers")
    assert len(sally.api("GET", "/records/job").json()["items"]) == 1


def field_of(kind: str) -> Field:
    return read_field("job", {"key": "papers", "type": kind, "label": "Papers"}, {})


def test_files_become_nothing_but_files(sally):
    kept = (7, 12)
    with sally.site.database.reading() as conn:
        found = {
            (old, new): Conversion(field_of(old), field_of(new)).values(conn, [value])
            for old, new, value in (("file", "text", kept), ("text", "file", "|7|"), ("file", "image", kept))
        }

    assert found["file", "text"] == found["text", "file"] == ([None], [True])
    assert found["file", "image"] == ([kept], [False])
    assert becomes(field_of("file")) == {"image": "some"}
    assert becomes(field_of("image")) == {"file": "some"}
    assert "file" not in becomes(field_of("text"))
    for pair in (("text", "file"), ("file", "text"), ("multiselect", "file"), ("tags", "file")):
        assert not Conversion(field_of(pair[0]), field_of(pair[1])).stored_alike
