"""Headers found and columns matched to fields."""

from __future__ import annotations

from decimal import Decimal

import pytest

from formloom.importers.matching import find_layout, is_total, match_columns, unit_factor
from formloom.metadata.model import Field


def field(key: str, zh: str, *aliases: str) -> Field:
    """A text field."""
    return Field("customer", key, "text", {"zh": zh, "en": key.title()}, aliases=aliases)


FIELDS = [
    field("name", "客户名称"),
    field("phone", "电话"),
    field("grade", "客户等级", "客户级别"),
    field("income", "年收入"),
]


def test_the_header_is_found_below_titles_and_blank_rows() -> None:
    rows = [
        ["2026年客户台账", "", ""],
        ["", "", ""],
        ["客户名称*", "电话", "客户级别"],
        ["松大", "1", "A"],
        ["合计", "", ""],
    ]

    layout = find_layout(rows, FIELDS)

    assert (layout.header, layout.data, layout.totals) == (2, (3,), (4,))


def test_a_sheet_of_unknown_words_has_its_first_full_row_as_header() -> None:
    rows = [["Title", "", ""], ["Alpha", "Beta", "Gamma"], [1.0, 2.0, 3.0]]

    assert find_layout(rows, FIELDS).header == 1


@pytest.mark.parametrize(
    ("header", "key", "sure"),
    [
        ("客户名称*", "name", True),
        ("客户级别", "grade", True),
        ("ＰＨＯＮＥ", "phone", True),
        ("年收入(万元)", "income", True),
        (" 电 话：", "phone", True),
        ("客户的名称", "name", False),
        ("天气", None, False),
    ],
)
def test_headers_match_labels_keys_and_aliases(header: str, key: str | None, sure: bool) -> None:
    rows = [[header, "zzz"], ["x", "y"]]

    match = match_columns(find_layout(rows, FIELDS, header=0), rows, FIELDS)[0]

    assert (match.field, match.confidence == 100) == (key, sure)


def test_each_field_goes_to_one_column_only() -> None:
    rows = [["电话", "电话"], ["1", "2"]]

    matches = match_columns(find_layout(rows, FIELDS), rows, FIELDS)

    assert [match.field for match in matches] == ["phone", None]
    assert [match.header for match in matches] == ["电话", "电话 (2)"]


def test_units_in_headers_multiply() -> None:
    assert unit_factor("年营业额(万元)") == Decimal(10_000)
    assert unit_factor("年营业额（亿元）") == Decimal(100_000_000)
    assert unit_factor("年营业额(备注)") is None


@pytest.mark.parametrize(
    ("row", "total"),
    [
        (["合计", "", "", 12.0], True),
        (["", "总 计：", "", ""], True),
        (["Total", "", 3.0, ""], True),
        (["合计科技有限公司", "1", "2", "3"], False),
        (["小计", "有限公司", "上海", "A"], False),
    ],
)
def test_total_rows_are_told_from_customers(row: list[object], total: bool) -> None:
    assert is_total(row) is total
