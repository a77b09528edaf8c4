"""The CRM's documents hold together: what one names, another defines."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from typing import Any

import pytest

from tests.templates_crm.package import SYSTEM, conditions, documents, fields_of, knows, of_kind, options_of

COLORS = {"blue", "cyan", "teal", "green", "lime", "yellow", "orange", "red", "pink", "purple", "indigo", "gray"}
KEY = re.compile(r"[a-z][a-z0-9_]{0,47}")
ENTITIES = sorted(of_kind("entity"))
MAIN = [key for key in ENTITIES if "parent" not in of_kind("entity")[key]]


def test_no_document_is_there_twice() -> None:
    counts = Counter((document["kind"], document["key"]) for document in documents())
    assert [name for name, times in counts.items() if times > 1] == []


def test_every_label_is_in_both_languages() -> None:
    def walk(value: Any, path: str) -> list[str]:
        if isinstance(value, list):
            return [p for i, item in enumerate(value) for p in walk(item, f"{path}[{i}]")]
        if not isinstance(value, dict):
            return []
        found = [p for name, item in value.items() for p in walk(item, f"{path}.{name}")]
        for name in ("label", "plural", "help", "placeholder", "description"):
            if name in value and not (set(value[name]) == {"zh", "en"} and all(value[name].values())):
                found.append(f"{path}.{name}")
        return found

    assert [p for document in documents() for p in walk(document, document["key"])] == []


@pytest.mark.parametrize("entity", ENTITIES)
def test_fields_have_good_keys_targets_and_options(entity: str) -> None:
    sets = of_kind("option_set")
    document = of_kind("entity")[entity]
    assert document["title"] in fields_of(entity)
    for field in document["fields"]:
        assert KEY.fullmatch(field["key"]) and field["key"] not in SYSTEM | {"position", "deleted_at"}
        if field["type"] in ("select", "multiselect", "stage"):
            assert field["options"] in sets
        if field["type"] in ("relation", "subtable"):
            assert field["target"] in ENTITIES
        if field["type"] == "subtable":
            assert of_kind("entity")[field["target"]]["parent"] == entity
        if "default" in field and isinstance(field.get("options"), str):
            assert field["default"] in options_of(field)


@pytest.mark.parametrize("entity", ENTITIES)
def test_rollups_read_fields_that_exist(entity: str) -> None:
    fields = fields_of(entity)
    for field in fields.values():
        if field["type"] != "rollup":
            continue
        head, _, tail = field["of"].partition(".")
        source = fields[head]["target"] if "by" not in field else head
        assert not tail or tail in fields_of(source)
        if "by" in field:
            assert fields_of(source)[field["by"]]["target"] == entity
        for leaf in conditions(field.get("where", {})):
            assert knows(source, leaf["field"])


@pytest.mark.parametrize("entity", ENTITIES)
def test_formulas_name_fields_that_exist(entity: str) -> None:
    for field in of_kind("entity")[entity]["fields"]:
        for text in (field.get("formula", ""), field.get("default_formula", "")):
            bare = re.sub(r'"[^"]*"', "", text)
            for name in re.findall(r"\b[a-z][a-z0-9_.]*\b", bare):
                assert knows(entity, name), f"{entity}.{field['key']}: {name}"


@pytest.mark.parametrize("entity", ENTITIES)
def test_cascading_pickers_read_fields_of_the_same_form(entity: str) -> None:
    for field in of_kind("entity")[entity]["fields"]:
        for leaf in conditions(field.get("filter", {})):
            assert knows(field["target"], leaf["field"])
            assert leaf["value"]["from"] in fields_of(entity)


@pytest.mark.parametrize("entity", ENTITIES)
def test_no_two_fields_people_write_answer_to_one_word(entity: str) -> None:
    words: Counter[str] = Counter()
    for field in of_kind("entity")[entity]["fields"]:
        if not field.get("read_only"):
            label = field["label"]
            words.update(
                {w.casefold() for w in (label["zh"], label["en"], field["key"], *field.get("aliases", ()))}
            )
    assert [word for word, times in words.items() if times > 1] == []


def test_option_sets_are_used_coloured_and_unambiguous() -> None:
    used = {
        f.get("options")
        for d in of_kind("entity").values()
        for f in d["fields"]
        if isinstance(f.get("options"), str)
    }
    assert set(of_kind("option_set")) == used
    for key, document in of_kind("option_set").items():
        words: Counter[str] = Counter()
        for option in document["options"]:
            assert option["color"] in COLORS
            label = option["label"]
            words.update(
                {w.casefold() for w in (label["zh"], label["en"], option["key"], *option.get("aliases", ()))}
            )
        assert [word for word, times in words.items() if times > 1] == [], key


def test_stages_say_which_options_are_open_won_and_lost() -> None:
    for document in of_kind("entity").values():
        for field in document["fields"]:
            if field["type"] == "stage":
                options = of_kind("option_set")[field["options"]]["options"]
                assert {option["category"] for option in options} == {"open", "won", "lost"}


@pytest.mark.parametrize("key", sorted(of_kind("list")))
def test_lists_show_fields_that_exist(key: str) -> None:
    document = of_kind("list")[key]
    fields = fields_of(document["entity"])
    for column in (*document["columns"], *(s.lstrip("-") for s in document["sort"])):
        assert column in fields or column in SYSTEM
    for quick in document.get("quick_filters", ()):
        assert (
            quick == "owner"
            or "options" in fields[quick]
            or fields[quick]["type"] in ("relation", "boolean", "user")
        )
    for leaf in conditions(document.get("filter", {})):
        assert knows(document["entity"], leaf["field"])
        _check_option(document["entity"], leaf)


def _check_option(entity: str, leaf: dict[str, Any]) -> None:
    field = fields_of(entity).get(leaf["field"], {})
    if "options" in field:
        values = leaf["value"] if isinstance(leaf["value"], list) else [leaf["value"]]
        assert set(values) <= options_of(field)


@pytest.mark.parametrize("entity", MAIN)
def test_each_entity_has_one_default_list_one_form_one_detail(entity: str) -> None:
    defaults = [d["key"] for d in of_kind("list").values() if d["entity"] == entity and d.get("default")]
    assert defaults == [f"{entity}.all"]
    for kind in ("form", "detail"):
        assert [d["key"] for d in of_kind(kind).values() if d["entity"] == entity] == [f"{entity}.{kind}"]


@pytest.mark.parametrize("entity", MAIN)
def test_every_field_stands_in_exactly_one_section_of_its_form(entity: str) -> None:
    placed: list[str] = []
    for section in of_kind("form")[f"{entity}.form"]["sections"]:
        for item in section["fields"]:
            key = item if isinstance(item, str) else item["field"]
            placed.append(key)
            if isinstance(item, dict) and "columns" in item:
                target = fields_of(entity)[key]["target"]
                assert sorted(item["columns"]) == sorted(
                    f["key"] for f in of_kind("entity")[target]["fields"] if not f.get("hidden")
                )
    assert sorted(placed) == sorted(fields_of(entity))


@pytest.mark.parametrize("entity", MAIN)
def test_details_show_what_exists(entity: str) -> None:
    detail = of_kind("detail")[f"{entity}.detail"]
    fields = fields_of(entity)
    assert 2 <= len(detail["highlights"]) <= 6
    assert all(key in fields or key in SYSTEM for key in detail["highlights"])
    if "stage" in detail:
        assert fields[detail["stage"]]["type"] == "stage"
    for related in detail["related"]:
        theirs = fields_of(related["entity"])
        assert theirs[related["by"]].get("target", related["entity"]) == entity  # a tree points at its own
        assert all(
            c in theirs or c in SYSTEM for c in (*related["columns"], *(s.lstrip("-") for s in related["sort"]))
        )


@pytest.mark.parametrize("key", sorted(of_kind("dashboard")))
def test_widgets_measure_what_exists_and_drill_into_lists_of_their_entity(key: str) -> None:
    for widget in of_kind("dashboard")[key]["widgets"]:
        entity = widget["entity"]
        named = [m["field"] for m in widget.get("measures", ()) if "field" in m]
        named += [g["field"] for g in widget.get("group_by", ())] + widget.get("columns", [])
        named += [widget[name] for name in ("date_field", "owner_field") if name in widget]
        named += [leaf["field"] for leaf in conditions(widget.get("filter", {}))]
        assert [name for name in named if not knows(entity, name)] == [], widget["key"]
        assert of_kind("list")[widget["list"]]["entity"] == entity
        for leaf in conditions(widget.get("filter", {})):
            _check_option(entity, leaf)


@pytest.mark.parametrize("key", sorted(of_kind("dashboard")))
def test_widgets_lie_side_by_side_on_the_grid(key: str) -> None:
    taken: set[tuple[int, int]] = set()
    for widget in of_kind("dashboard")[key]["widgets"]:
        assert widget["x"] + widget["w"] <= 12
        cells = set(
            itertools.product(
                range(widget["x"], widget["x"] + widget["w"]), range(widget["y"], widget["y"] + widget["h"])
            )
        )
        assert not cells & taken, widget["key"]
        taken |= cells


def test_the_menu_leads_to_what_exists_and_misses_no_entity() -> None:
    reached: set[str] = set()

    def walk(items: list[dict[str, Any]]) -> None:
        for item in items:
            walk(item.get("items", []))
            if "dashboard" in item:
                assert item["dashboard"] in of_kind("dashboard")
            if "list" in item:
                reached.add(of_kind("list")[item["list"]]["entity"])
            if "entity" in item:
                reached.add(item["entity"])

    walk(of_kind("menu")["main"]["items"])
    assert reached == set(MAIN)


def test_roles_open_on_a_dashboard() -> None:
    assert set(of_kind("role")) == {"admin", "sales_manager", "salesperson", "sales_assistant", "finance"}
    assert all(role["home"] in of_kind("dashboard") for role in of_kind("role").values())


@pytest.mark.parametrize("key", sorted(of_kind("grant")))
def test_grants_name_fields_and_scopes_that_exist(key: str) -> None:
    grant = of_kind("grant")[key]
    entity = grant["entity"]
    assert all(name == "*" or knows(entity, name) for name in grant["fields"])
    for member in grant["members"]:
        assert member == {"everyone": True} or member["role"] in of_kind("role")
    for scope in grant["operations"].values():
        for part in scope if isinstance(scope, list) else [scope]:
            for leaf in conditions(part["where"]) if isinstance(part, dict) else ():
                assert knows(entity, leaf["field"])


def test_every_entity_with_a_table_of_its_own_is_granted_to_somebody() -> None:
    assert {grant["entity"] for grant in of_kind("grant").values()} == set(MAIN)


SHEET = {
    "客户名称": "name",
    "客户编号": "external_id",
    "联系人": "contact_name",
    "手机": "mobile",
    "电话": "phone",
    "城市": "city",
    "行业": "industry",
    "客户级别": "grade",
    "来源": "source",
    "年营业额": "annual_revenue",
    "注册资本": "registered_capital",
    "统一社会信用代码": "license_no",
    "首次接洽日期": "first_contact_on",
    "下次回访": "next_followup_at",
    "是否重点": "is_key_account",
    "备注": "remark",
}
WORDS = {
    "industry": "商贸 机械 软件 系统集成 生物科技 化工 建材 环保 仪器 电子 自动化 新材料",
    "grade": "a A B B级 C D",
    "source": "发传单 电话 展会 朋友介绍 网站注册 老客户",
}


@pytest.mark.parametrize(("header", "key"), SHEET.items())
def test_the_columns_of_a_sales_sheet_are_known_by_name(header: str, key: str) -> None:
    field = fields_of("account")[key]
    assert not field.get("read_only")
    assert header in (field["label"]["zh"], *field.get("aliases", ()))


@pytest.mark.parametrize(("key", "words"), WORDS.items())
def test_the_choices_of_a_sales_sheet_are_known_by_name(key: str, words: str) -> None:
    options = of_kind("option_set")[fields_of("account")[key]["options"]]["options"]
    known = {w for o in options for w in (o["key"], o["label"]["zh"], *o.get("aliases", ()))}
    assert set(words.split()) <= known
