"""Nodes of documents in words."""

from __future__ import annotations

from typing import Any

import pytest

from formloom.metadata import documents, packages
from formloom.metadata.checks.shape import KINDS
from formloom.metadata.nodes import MISSING
from formloom.metadata.nodewords import kind_in_words, path_in_words, value_in_words
from formloom.metadata.wording import texts

DEVICE = {
    "fields": [{"key": "size", "label": {"zh": "规模", "en": "Size"}, "type": "text"}],
    "items": [{"label": "Group", "items": [{"entity": "account"}]}],
    "filter": {"all": [{"field": "city", "op": "eq", "value": "x"}]},
    "columns": ["name", {"field": "no", "width": 9}],
}


@pytest.mark.parametrize(
    ("path", "zh", "en"),
    [
        ("/fields/size/label/zh", "字段“规模” › 名称 › 中文", "field “Size” › Name › Chinese"),
        ("/fields/~order", "字段 › 顺序", "Fields › order"),
        ("/fields/gone", "字段“gone”", "field “gone”"),
        ("/items/@0/items/entity:account", "菜单项“Group” › 菜单项“account”", "entry “Group” › entry “account”"),
        ("/columns/no/width", "列“no” › 宽度", "column “no” › Width"),
        ("/filter/all/city:eq/value", "筛选条件 › 全部满足 › “city” › 值", "Filter › All of › “city” › Value"),
        ("", "全部内容", "the whole"),
        ("/spell/cast", "spell › “cast”", "spell › “cast”"),
    ],
)
def test_a_path_says_where_it_leads(path: str, zh: str, en: str):
    assert (path_in_words(path, "zh", MISSING, DEVICE), path_in_words(path, "en", DEVICE)) == (zh, en)


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        (MISSING, ["(nothing)"]),
        (True, ["yes"]),
        ({"zh": "甲", "en": "A"}, ["甲 / A"]),
        (["a", "b"], ["a, b"]),
        ({"type": "text", "required": True}, ["Type: text", "Required: yes"]),
        ([{"label": "A", "width": 3}, {"x": 1}], ["A: Width: 3", "no. 2: Column on the grid: 1"]),
        ([], [""]),
    ],
)
def test_a_value_is_said_in_lines_and_never_as_json(value: Any, lines: list[str]):
    assert value_in_words(value, "en") == lines


def test_a_large_value_ends_in_how_much_is_left_out():
    shown = value_in_words({str(number): number for number in range(100)}, "en")

    assert len(shown) == 12 and shown[-1] == "… 89 more"


def test_every_kind_and_every_property_of_a_document_has_words():
    assert all(kind_in_words(kind, "zh") != kind for kind in KINDS)
    properties = {name for kind in KINDS for name in documents.schema(kind)["properties"]}
    assert {name for name in properties if f"node.{name}" not in texts("zh")} == set()
    shipped = packages.find()["crm"].documents if packages.find() else ()
    assert all(path_in_words(f"/{name}", "zh", d) != name for d in shipped for name in d)
