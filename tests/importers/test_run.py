"""Imports carried out: checks that leave nothing, all or nothing, row by row, stopped, gone on, taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from formloom.importers import apply, staging
from formloom.importers.refusal import FileRefused
from formloom.metadata.errors import Conflict

from .conftest import Desk

SHEET = [["Name", "Code", "Staff"], ["a", "A", 1], ["b", "B", "many"], ["c", "C", 3]]


class Stopped(Exception):
    """Raised in the middle of a run."""


def stopping_after(calls: int) -> Callable[[int, int], None]:
    """Progress that ends the run at its n-th call."""
    left = [calls]

    def progress(done: int, total: int) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Stopped()

    return progress


def test_a_check_leaves_every_table_as_it_was_but_its_own_row(desk: Desk) -> None:
    existing = desk.add("company", name="old", code="A")
    import_id = desk.stage("company", SHEET, on_duplicate="update", key=["code"])
    before = desk.everything("fl_import", "sqlite_sequence")

    verdicts = desk.run(import_id).check()

    assert desk.everything("fl_import", "sqlite_sequence") == before
    assert (list(verdicts.created), verdicts.updated, list(verdicts.refused)) == ([2], {0: existing}, [1])
    record = desk.record(import_id)
    assert (record.state, record.counts["written"], record.counts["created"]) == ("checked", 0, 1)


def test_a_check_says_what_an_apply_then_does(desk: Desk) -> None:
    rows = [["Name", "Code"], *([str(n), f"K{n % 7}"] for n in range(12))]
    import_id = desk.stage("company", rows, mode="rows")

    checked = desk.run(import_id).check()
    applied = desk.run(import_id).apply()

    assert checked.counts() | {"written": 0} == applied.counts() | {"written": 0}
    assert (applied.counts()["created"], applied.counts()["refused"]) == (7, 5)
    assert {e.code for errors in applied.refused.values() for e in errors} == {"conflict_unique"}


@pytest.mark.parametrize(("mode", "kept"), [("all", []), ("rows", [("a",), ("c",)])])
def test_one_bad_row_keeps_all_out_or_only_itself(desk: Desk, mode: str, kept: list[Any]) -> None:
    verdicts = desk.put("company", SHEET, mode=mode)

    assert desk.rows("company", "name") == kept
    assert list(verdicts.refused) == [1]


def test_an_empty_cell_leaves_what_the_record_holds(desk: Desk) -> None:
    existing = desk.add("company", name="old", code="A", city="here", staff=7)

    desk.put("company", [["Code", "Name", "City"], ["A", "new", ""]], on_duplicate="update", key=["code"])

    assert desk.rows("company", "id", "name", "city", "staff") == [(existing, "new", "here", 7)]


def test_the_same_sheet_twice_brings_nothing_new(desk: Desk) -> None:
    rows = [["Name", "Code"], ["a", "A"], ["b", "B"]]
    for _ in range(2):
        verdicts = desk.put("company", rows, on_duplicate="skip", key=["code"])

    assert (verdicts.counts()["created"], verdicts.counts()["skipped"]) == (0, 2)
    assert desk.rows("company", "code") == [("A",), ("B",)]


def test_a_row_its_writer_may_not_make_is_refused_like_any_other(desk: Desk) -> None:
    rows = [["What", "Income"], ["small", 10], ["large", 5000]]

    verdicts = desk.of("sally").put("visit", rows, mode="rows")

    assert list(verdicts.created) == [0]
    assert [e.code for e in verdicts.refused[1]] == ["op_denied"]


def test_a_field_closed_in_a_row_refuses_that_row(desk: Desk) -> None:
    desk.add("company", name="hers", code="A")

    verdicts = desk.of("sally").put(
        "company", [["Name", "Code"], ["mine", "A"]], mode="rows", on_duplicate="update", key=["code"]
    )

    # A record out of her scope is as good as none, and its code is taken all the same.
    assert [e.code for e in verdicts.refused[0]] == ["conflict_unique"]
    assert desk.rows("company", "name") == [("hers",)]


def test_an_import_of_all_rows_that_is_stopped_leaves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply, "BATCH_ROWS", 2)
    import_id = desk.stage("company", [["Name"], *([str(n)] for n in range(6))])
    before = desk.everything("sqlite_sequence")

    with pytest.raises(Stopped):
        desk.run(import_id, stopping_after(2)).apply()

    assert desk.everything("sqlite_sequence") == before


def test_an_import_by_rows_that_is_stopped_says_what_is_in_and_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply, "BATCH_ROWS", 2)
    rows = [["Name", "Staff"], *([str(n), "many" if n == 1 else n] for n in range(6))]
    import_id = desk.stage("company", rows, mode="rows")

    with pytest.raises(Stopped):
        desk.run(import_id, stopping_after(2)).apply()

    assert desk.rows("company", "name") == [("0",), ("2",), ("3",)]
    assert desk.record(import_id).written == 3
    with desk.database.reading() as conn:
        halfway = staging.load_verdicts(conn, import_id)
    assert (sorted(halfway.created), list(halfway.refused)) == ([0, 2, 3], [1])

    verdicts = desk.run(import_id).apply()

    assert desk.rows("company", "name") == [("0",), ("2",), ("3",), ("4",), ("5",)]
    assert (sorted(verdicts.created), list(verdicts.refused)) == ([0, 2, 3, 4, 5], [1])
    assert desk.record(import_id).state == staging.DONE


def test_what_was_stopped_half_way_can_be_taken_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply, "BATCH_ROWS", 2)
    import_id = desk.stage("company", [["Name"], *([str(n)] for n in range(6))], mode="rows")
    with pytest.raises(Stopped):
        desk.run(import_id, stopping_after(1)).apply()

    counts = desk.run(import_id).undo()

    assert counts == {"deleted": 2, "restored": 0, "kept": 0}
    assert desk.rows("company", "name") == []
    assert desk.record(import_id).state == staging.UNDONE
    with pytest.raises(Conflict):
        desk.run(import_id).undo()


def test_undo_takes_back_what_nobody_has_changed_since(desk: Desk) -> None:
    for code in ("A", "B"):
        desk.add("company", name=f"old {code}", code=code, city="here")
    rows = [["Code", "Name"], ["A", "new A"], ["B", "new B"], ["C", "new C"], ["D", "new D"]]
    import_id = desk.stage("company", rows, on_duplicate="update", key=["code"])
    desk.run(import_id).apply()
    ids = dict(desk.rows("company", "code", "id"))
    desk.change("company", ids["B"], city="there")
    desk.change("company", ids["D"], city="there")

    counts = desk.run(import_id).undo()

    assert counts == {"deleted": 1, "restored": 1, "kept": 2}
    left = desk.rows("company", "code", "name", "city")
    assert left == [("A", "old A", "here"), ("B", "new B", "there"), ("D", "new D", "there")]


def test_nothing_is_taken_back_of_an_import_that_wrote_nothing(desk: Desk) -> None:
    import_id = desk.stage("company", SHEET)
    desk.run(import_id).check()

    with pytest.raises(Conflict) as caught:
        desk.run(import_id).undo()

    assert caught.value.code == "import.not_done"


def test_another_file_under_the_same_name_is_noticed(desk: Desk) -> None:
    import_id = desk.stage("company", SHEET)
    path = staging.file_path(desk.folder, desk.record(import_id).file_hash)
    path.write_bytes(path.read_bytes() + b" ")

    with pytest.raises(FileRefused) as caught:
        desk.run(import_id).apply()

    assert caught.value.code == "import.file_gone"


def test_the_same_file_is_kept_once(desk: Desk) -> None:
    first, second = desk.stage("company", SHEET), desk.stage("company", [["Name"], ["x"]])

    assert desk.record(first).file_hash != desk.record(second).file_hash
    assert staging.keep_file(desk.folder, b"x") == staging.keep_file(desk.folder, b"x")
