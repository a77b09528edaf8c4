"""What an import would do: columns matched, cells parsed, references found, duplicates decided."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from formloom.importers.options import Options
from formloom.importers.verdict import DONE_MARK
from formloom.metadata.errors import AccessDenied, FormloomError, InvalidInput, NotFound, UnknownField

from .conftest import Desk


def refusals(planned: Any) -> dict[int, list[tuple[str, str]]]:
    """Field and code of each refusal, by position."""
    found = planned.columns.refused
    return {position: [(e.field, e.code) for e in errors] for position, errors in sorted(found.items())}


def mapping(planned: Any) -> dict[str, str]:
    """Which field each header fills."""
    return {planned.layout.headers[source.column]: source.field.key for source in planned.sources}


def test_what_is_decided_goes_before_what_is_suggested(desk: Desk) -> None:
    rows = [["Name", "City", "Code"], ["a", "b", "c"]]

    assert mapping(desk.plan("company", rows)) == {"Name": "name", "City": "city", "Code": "code"}
    decided = desk.plan("company", rows, map={"City": None, "Code": "city"})
    assert mapping(decided) == {"Name": "name", "Code": "city"}
    assert decided.columns.values == {"name": ["a"], "city": ["c"]}


@pytest.mark.parametrize(
    ("decisions", "error", "code"),
    [
        ({"map": {"Nome": "name"}}, InvalidInput, "import.no_such_column"),
        ({"map": {"Name": "city", "City": "city"}}, InvalidInput, "import.matched_twice"),
        ({"map": {"Name": "nothing"}}, UnknownField, "unknown_field"),
        ({"map": {"Name": "created_at"}}, InvalidInput, "field_read_only"),
        ({"map": {"Name": None, "City": None}}, InvalidInput, "import.nothing_matched"),
        ({"on_duplicate": "skip", "key": ["code"]}, InvalidInput, "import.key_not_matched"),
        ({"on_duplicate": "skip", "key": ["nothing"]}, InvalidInput, "import.key_not_matched"),
        ({"on_duplicate": "skip"}, InvalidInput, "import.key_needed"),
        ({"header": 40}, InvalidInput, "import.no_such_row"),
        ({"mode": "some"}, InvalidInput, "import.bad_options"),
        ({"colour": "red"}, InvalidInput, "import.bad_options"),
        ({"fixes": {"12,3": "x"}}, InvalidInput, "import.bad_options"),
    ],
)
def test_decisions_that_cannot_be_are_refused(
    desk: Desk, decisions: dict[str, Any], error: type[FormloomError], code: str
) -> None:
    with pytest.raises(error) as caught:
        desk.plan("company", [["Name", "City"], ["a", "b"]], **decisions)

    assert caught.value.code == code


def test_a_hidden_field_is_refused_as_one_that_does_not_exist(desk: Desk) -> None:
    seller = desk.of("sally")
    answers = []
    for key in ("cost", "no_such"):
        for options in ({"map": {"Name": key}}, {"on_duplicate": "update", "key": [key]}):
            with pytest.raises(InvalidInput) as caught:
                seller.plan("company", [["Name", "City"], ["a", "b"]], **options)
            answers.append((options.get("key") is not None, caught.value.message("en").replace(key, "KEY")))

    assert answers[:2] == answers[2:]


def test_a_hidden_field_is_not_suggested_and_a_read_only_one_is_refused(desk: Desk) -> None:
    seller = desk.of("sally")
    rows = [["Name", "Cost", "Rating"], ["a", 1, 2]]

    assert mapping(seller.plan("company", rows)) == {"Name": "name"}
    assert mapping(desk.plan("company", rows)) == {"Name": "name", "Cost": "cost", "Rating": "rating"}
    with pytest.raises(InvalidInput) as caught:
        seller.plan("company", rows, map={"Rating": "rating"})
    assert (caught.value.code, caught.value.fields[0].field) == ("field_read_only", "rating")


@pytest.mark.parametrize(("login", "error"), [("clara", AccessDenied), ("sally", None)])
def test_importing_is_an_operation_of_its_own(desk: Desk, login: str, error: type[Exception] | None) -> None:
    rows = [["Name"], ["a"]]

    if error is None:
        assert desk.of(login).plan("company", rows).create == [0]
    else:
        with pytest.raises(error):
            desk.of(login).plan("company", rows)
    with pytest.raises(NotFound):
        desk.of(login).plan("vault", rows)


def test_updating_asks_for_the_right_to_edit(desk: Desk) -> None:
    clerk, rows = desk.of("clara"), [["What"], ["a"]]

    assert clerk.plan("visit", rows).create == [0]
    with pytest.raises(AccessDenied):
        clerk.plan("visit", rows, on_duplicate="update", key=["what"])


def test_a_required_cell_that_is_empty_is_refused_where_it_stands(desk: Desk) -> None:
    planned = desk.plan("company", [["Name", "City"], ["a", ""], ["", "b"], ["  ", "c"]])

    assert refusals(planned) == {1: [("name", "required")], 2: [("name", "required")]}
    assert planned.create == [0]


def test_units_in_headers_multiply_plain_numbers_only(desk: Desk) -> None:
    rows = [["What", "Income(万元)"], ["a", 1.5], ["b", "￥2,000"], ["c", "3万"], ["d", ""]]

    planned = desk.plan("visit", rows)

    assert planned.columns.values["income"] == [Decimal(15_000), Decimal(20_000_000), Decimal(30_000), None]


def test_formulas_without_result_stay_text_and_are_refused_elsewhere(desk: Desk) -> None:
    rows = [["Name", "Staff", "Notes"], ["a", "=SUM(A1:A2)", "=1+1"], ["b", 3, "plain"]]

    planned = desk.plan("company", rows)

    assert refusals(planned) == {0: [("staff", "no_value")]}
    assert planned.columns.values["notes"] == ["=1+1", "plain"]
    assert [(e.field, e.code) for e in planned.columns.warnings[0]] == [("notes", "formula_kept")]


def test_an_error_in_a_cell_is_never_taken_for_an_empty_one(desk: Desk) -> None:
    from formloom.importers.parsing import CellError, Source, parse_columns

    with desk.database.reading() as conn:
        ctx = desk.context(conn)
        city = ctx.catalog.entity("company").fields["city"]
        columns = parse_columns(ctx, [["x"], [CellError("#REF!")]], [Source(0, city)])

    assert columns.refused[1][0].code == "cell_error"
    assert columns.refused[1][0].message("en") == "The cell holds the error #REF!."


def test_long_numbers_in_text_columns_are_refused_not_rounded(desk: Desk) -> None:
    rows = [["Name", "Code"], ["a", 1234567890123456789], ["b", "1234567890123456789"], ["c", "00123"], ["d", 42]]

    planned = desk.plan("company", rows)

    assert refusals(planned) == {0: [("code", "precision_lost")]}
    assert planned.columns.values["code"][1:] == ["1234567890123456789", "00123", "42"]


def test_dates_are_read_in_every_spelling_but_never_guessed(desk: Desk) -> None:
    spelled = ["2026.3.5", "2026年3月5日", "2026/3/5", date(2026, 3, 5), 20260305, "03/05/2026", "待定"]
    planned = desk.plan("visit", [["What", "Day"], *([str(n), day] for n, day in enumerate(spelled))])

    assert planned.columns.values["day"][:5] == [date(2026, 3, 5)] * 5
    assert refusals(planned) == {5: [("day", "ambiguous_date")], 6: [("day", "not_a_date")]}


def test_references_are_found_by_title_or_by_what_is_unique(desk: Desk) -> None:
    first, second = desk.add("company", name="Alpha", code="A-1"), desk.add("company", name="Beta", code="B-1")
    for _ in range(2):
        desk.add("company", name="Twin")
    rows = [["What", "Company"], *([f"{n}!", n] for n in ("Alpha", "B-1", "Twin", "Gamma", "alpha", ""))]

    planned = desk.plan("visit", rows)

    assert planned.columns.values["company"] == [first, second, None, None, None, None]
    codes = {position: errors[0][1] for position, errors in refusals(planned).items()}
    assert codes == {2: "ambiguous_reference", 3: "unknown_reference", 4: "unknown_reference"}


def test_a_record_out_of_scope_is_none(desk: Desk) -> None:
    desk.add("company", name="Hers only")
    mine = desk.of("sally").add("company", name="Mine")
    desk.add("company", name="Mine")
    rows = [["What", "Company"], ["a", "Hers only"], ["b", "No such"], ["c", "Mine"]]

    planned = desk.of("sally").plan("visit", rows)

    found = {p: errors[0] for p, errors in planned.columns.refused.items()}
    assert {p: e.code for p, e in found.items()} == {0: "unknown_reference", 1: "unknown_reference"}
    assert found[0].message("en").replace("Hers only", "X") == found[1].message("en").replace("No such", "X")
    assert planned.columns.values["company"][2] == mine


def test_people_and_departments_are_found_by_either_name(desk: Desk) -> None:
    rows = [
        ["What", "Who", "Team"],
        ["a", "sally", "sales"],
        ["b", "ＳＡＬＬＹ", "销售部"],
        ["c", "Nobody", "Sales"],
    ]

    planned = desk.plan("visit", rows)

    assert planned.columns.values["who"] == [desk.of("sally").user] * 2 + [None]
    assert len(set(planned.columns.values["team"])) == 1
    assert planned.columns.values["team"][0] is not None
    assert refusals(planned) == {2: [("who", "unknown_reference")]}


def test_computed_fields_take_no_column(desk: Desk) -> None:
    assert mapping(desk.plan("visit", [["What", "Doubled"], ["a", 4]])) == {"What": "what"}


KEYED = [["Code", "Name", "City"], ["K1", "new", ""], ["K2", "two", "x"], ["K2", "again", "y"], ["", "none", "z"]]


@pytest.mark.parametrize(
    ("how", "create", "update", "skip", "refused"),
    [
        ("create", [0, 1, 2, 3], [], [], {}),
        ("skip", [1, 3], [], [0, 2], {}),
        ("update", [1, 3], [0], [], {2: [("code", "repeated_in_file")]}),
        ("error", [1, 3], [], [], {0: [("code", "exists_already")], 2: [("code", "repeated_in_file")]}),
    ],
)
def test_duplicates_are_treated_as_decided(
    desk: Desk, how: str, create: list[int], update: list[int], skip: list[int], refused: dict[int, Any]
) -> None:
    existing = desk.add("company", name="old", code="K1", city="here")
    key = {} if how == "create" else {"key": ["code"]}

    planned = desk.plan("company", KEYED, on_duplicate=how, **key)

    assert (planned.create, list(planned.update), list(planned.skip)) == (create, update, skip)
    assert refusals(planned) == refused
    assert set(planned.update.values()) <= {existing}


def test_a_key_that_fits_two_records_is_ambiguous(desk: Desk) -> None:
    for _ in range(2):
        desk.add("company", name="Twin", city="x")

    planned = desk.plan("company", [["Name", "City"], ["Twin", "y"]], on_duplicate="update", key=["name"])

    assert refusals(planned) == {0: [("name", "ambiguous_key")]}


def test_a_key_may_be_of_several_fields(desk: Desk) -> None:
    existing = desk.add("company", name="Same", city="x")
    rows = [["Name", "City"], ["Same", "x"], ["Same", "y"]]

    planned = desk.plan("company", rows, on_duplicate="update", key=["name", "city"])

    assert (planned.update, planned.create) == ({0: existing}, [1])


def test_rows_marked_as_in_are_not_taken_again(desk: Desk) -> None:
    rows = [["Name", "导入结果"], ["a", f"{DONE_MARK} 已导入"], ["b", "Name: bad"], ["", f"{DONE_MARK} 已更新"]]

    planned = desk.plan("company", rows)

    assert (planned.create, list(planned.skip), refusals(planned)) == ([1], [0, 2], {})


def test_cells_are_mended_one_by_one_or_all_equal_ones_at_once(desk: Desk) -> None:
    rows = [["Name", "Staff"], ["a", "待定"], ["b", "待定"], ["c", "many"], ["d", 4]]

    planned = desk.plan(
        "company", rows, replace={"Staff": {"待定": "", "4": "5"}}, fixes={"R4C2": "12", "R3C2": "7"}
    )

    assert planned.columns.values["staff"] == [None, 7, 12, 5]
    assert planned.columns.refused == {}


def test_hidden_rows_are_left_out_unless_they_are_asked_for(desk: Desk) -> None:
    from formloom.importers import plan
    from formloom.importers.reader import Sheet

    sheet = Sheet("s", [["Name"], ["a"], ["b"]], ("s",), "xlsx", hidden=frozenset({2}))
    with desk.database.reading() as conn:
        ctx = desk.context(conn)
        sizes = [plan.build(ctx, "company", sheet, Options(hidden_rows=asked)).size for asked in (False, True)]

    assert sizes == [1, 2]


@pytest.mark.parametrize(
    ("label", "rows", "headers", "size"),
    [
        ("a header only", [["Name", "City"]], ("Name", "City"), 0),
        ("one column", [["Name"], ["a"], ["b"]], ("Name",), 2),
        ("two of a name", [["Name", "City", "City", "City (2)"], ["a", "b", "c", "d"]],
         ("Name", "City", "City (3)", "City (2)"), 1),
        ("a column without header", [["Name", "", ""], ["a", "b", ""]], ("Name", "(B)"), 1),
        ("200 columns", [[f"c{n}" for n in range(199)] + ["Name"], ["x"] * 200],
         (*(f"c{n}" for n in range(199)), "Name"), 1),
    ],
)  # fmt: skip
def test_tables_of_every_shape_are_understood(
    desk: Desk, label: str, rows: list[list[str]], headers: tuple[str, ...], size: int
) -> None:
    planned = desk.plan("company", rows)

    assert planned.layout.headers[: len(headers)] == headers
    assert planned.size == size
