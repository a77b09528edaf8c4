"""What is proposed for a column, from what stands in it and above it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import pytest

from formloom.importers.application.facts import count, load, packed, unpacked, write
from formloom.importers.application.guessing import Surroundings, guess
from formloom.importers.reader import CellError, TypedFormula

PEOPLE = Surroundings(people={"zhangsan", "lisi", "张三"}, departments={"sales", "销售部"})
DAY = date(2026, 3, 5)


def column(*cells: Any, times: int = 1) -> Sequence[Any]:
    """Cells, again and again."""
    return list(cells) * times


@pytest.mark.parametrize(
    ("header", "cells", "kind"),
    [
        ("Day", column(DAY, date(1899, 5, 1), times=5), "date"),
        ("日期", column("2026.3.5", "2026年3月6日", "2026-03-07"), "date"),
        ("Day", column(*[DAY] * 8, "待定"), "date"),
        ("Day", column(*[DAY] * 4, *["待定"] * 4), "text"),
        ("At", column(datetime(2026, 3, 5, 8, 30), DAY), "datetime"),
        ("At", column("2026-03-05 08:30", "2026-03-06 09:00"), "datetime"),
        ("Opens", column(time(8, 30), time(9, 0)), "time"),
        ("Staff", column(1.0, 250.0, 3.0), "integer"),
        ("Weight", column(1.5, 2.25, 3.0), "decimal"),
        ("Unit price", column(1.5, 20.0, 3.75), "money"),
        ("Value", column("¥1,200", "￥30.50", "¥7"), "money"),
        ("资本", column("500万", "1.2亿", "3000"), "money"),
        ("Share", column("13%", "7.5%", "100%"), "percent"),
        ("是否重点", column("是", "否", ""), "boolean"),
        ("Discontinued", column("0", "1", "0"), "boolean"),
        ("Level", column("0", "1", "0"), "text"),
        ("Answer", column("Y", "N", "Y"), "boolean"),
        ("手机", column(13976787301.0, "139 7678 7302"), "phone"),
        ("Contact", column("13976787301", "13976787302"), "phone"),
        ("Mail", column("a@b.com", "c@d.org"), "email"),
        ("Site", column("www.example.com", "https://example.org/x"), "url"),
        ("统一社会信用代码", column("91310115MA1K4BQH0X", "91310000132221158Y"), "text"),
        ("Code", column("00123", "00456"), "text"),
        ("身份证", column("310115198001010000", "310115198001010001"), "text"),
        ("Owner", column("张三", "Li Si", "zhang san"), "user"),
        ("Team", column("销售部", "Sales"), "department"),
        ("City", column("上海", "北京", times=6), "select"),
        ("Grade", column("A", "a", "B", times=4), "select"),
        ("Skills", column("Python、SQL", "SQL", "Go、Python", times=4), "multiselect"),
        ("Remarks", column("a long story " * 20, "short"), "textarea"),
        ("Text", column("one\ntwo", "three"), "textarea"),
        ("Name", column("甲", "乙", "丙"), "text"),
        ("Postal code", column("10001", "94105"), "text"),
        ("Mixed", column(1.0, "two", DAY, True), "text"),
        ("Nothing", column("", " ", ""), "text"),
        ("Errors", column(CellError("#N/A"), CellError("#REF!")), "text"),
        ("Sum", column(*[1.0] * 20, CellError("#N/A")), "integer"),
        ("Formula", column(TypedFormula("=A1+B1")), "text"),
    ],
)
def test_a_type_is_proposed_from_the_cells_and_the_header(header: str, cells: Sequence[Any], kind: str) -> None:
    assert guess(header, count(cells), PEOPLE).type == kind


def test_digits_of_a_file_that_knows_no_numbers_are_numbers() -> None:
    cells = column("12", "7", "300")

    assert guess("Staff", count(cells), Surroundings(untyped=True)).type == "integer"
    assert guess("Staff", count(cells), Surroundings()).type == "text"
    assert guess("Order no", count(cells), Surroundings(untyped=True)).type == "text"


def test_what_does_not_fit_is_counted_and_shown() -> None:
    found = guess("Day", count(column(*[DAY] * 1987, *["待定"] * 10, *["n/a"] * 3)), PEOPLE)

    assert (found.type, found.fit.taken, found.fit.refused) == ("date", 1987, 13)
    assert [(each.text, each.count, each.first) for each in found.fit.misfits] == [
        ("待定", 10, 1987),
        ("n/a", 3, 1997),
    ]
    assert found.evidence[0].data == {"type": "date", "taken": 1987, "filled": 2000, "refused": 13}


def test_options_take_the_commonest_spelling_and_a_colour_that_suits() -> None:
    found = guess("Status", count(column("已完成", "取消", "进行", "A", "a", "A", times=4)), PEOPLE)

    assert found.choices is not None
    options = {option["label"]: option["color"] for option in found.choices.options}
    assert set(options) == {"已完成", "取消", "进行", "A"}
    assert (options["已完成"], options["取消"]) == ("green", "red")


@pytest.mark.parametrize(
    "value",
    [
        "00123",
        1.5,
        7,
        2**60,
        DAY,
        datetime(2026, 3, 5, 8, 30),
        time(8, 30),
        True,
        CellError("#N/A"),
        TypedFormula("=1"),
    ],
)
def test_cells_are_kept_as_they_were_typed(value: Any, tmp_path: Any) -> None:
    facts = count([value, value, "", "x"])
    write(tmp_path / "facts.json", facts)

    assert load(tmp_path / "facts.json") == facts
    assert unpacked(packed(value)) == value
    assert (facts.rows, facts.filled, facts.blanks, facts.cells[0].count) == (4, 3, 1, 2)


def test_text_that_looks_like_nothing_is_text() -> None:
    facts = count(["NA", "None", "nan", "1E5", "TRUE"])

    assert facts.filled == 5
    assert [cell.value for cell in facts.cells] == ["NA", "None", "nan", "1E5", "TRUE"]
