"""Regions, addresses and points on the map."""

from typing import Any

import pytest

from formloom.metadata import regions
from formloom.metadata.errors import ValueRefused
from formloom.metadata.fields.address import Place
from formloom.metadata.fields.geo import Point
from formloom.metadata.model import Field


def field(kind: str, **options: Any) -> Field:
    return Field("e", "x", kind, "X", options=options)


def parsed(kind: str, raw: Any, **options: Any) -> Any:
    one = field(kind, **options)
    return one.behaviour.parse(one, raw)


def test_every_region_is_found_again_by_its_whole_name():
    lost = [code for code in regions.regions() if regions.names(code) and not whole(code)]

    assert lost == []
    assert len(regions.regions()) > 3_000


def whole(code: str) -> bool:
    """Whether the names of a region lead back to it; a level on paper only is called like what is above."""
    name = " ".join(regions.names(code))
    paper = regions.regions()[code].endswith("直辖县级行政区划")
    return paper or (regions.find(name) == [code] and regions.begin(f"{name}人民路1号") == (code, "人民路1号"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("江苏省苏州市吴中区", "320506"),
        ("江苏苏州吴中", "320506"),
        ("苏州-吴中区", "320506"),
        ("新疆/乌鲁木齐/天山区", "650102"),
        ("湖北仙桃", "429004"),
        ("恩施", "422800"),
        ("上海浦东", "310115"),
        ("香港中西区", "810001"),
        ("台湾", "710000"),
    ],
)
def test_a_region_is_read_however_much_of_its_names_is_written(text: str, code: str):
    assert parsed("region", text) == code


@pytest.mark.parametrize(
    ("level", "raw", "refusal"),
    [
        ("city", "江苏", "not_a_city"),
        ("district", "苏州", "not_a_district"),
        ("district", "吴中区", None),
        ("district", "东莞", None),
        ("city", "北京朝阳区", None),
    ],
)
def test_a_field_says_how_precise_a_region_must_be(level: str, raw: str, refusal: str | None):
    if refusal is None:
        assert parsed("region", raw, level=level)
        return
    with pytest.raises(ValueRefused) as refused:
        parsed("region", raw, level=level)
    assert refused.value.code == refusal
    assert field("region", level=level).behaviour.operand(field("region", level=level), raw)


def test_a_code_that_is_gone_is_shown_as_it_is():
    one = field("region")

    assert one.behaviour.plain(one, "999999", "zh") == "999999"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (
            "广东省广州市天河区体育西路103号（邮编510620）",
            Place("广东省", "广州市", "天河区", "体育西路103号", "510620"),
        ),
        ("北京市朝阳区建国路88号", Place("北京市", "", "朝阳区", "建国路88号")),
        ("朝阳区建国路88号", Place("", "", "", "朝阳区建国路88号")),
        ("上海中山北路1号", Place("上海市", "", "", "中山北路1号")),
        ("吴中区东吴路2号", Place("江苏省", "苏州市", "吴中区", "东吴路2号")),
        ("10 Downing Street, London", Place("", "", "", "10 Downing Street, London")),
    ],
)
def test_a_line_is_taken_apart_by_the_names_it_begins_with(text: str, place: Place):
    assert parsed("address", text) == place


def test_what_a_line_cannot_tell_apart_goes_to_a_workbook_in_parts():
    one = field("address")
    abroad = Place("Bayern", "München", "", "Marienplatz 1", "80331")

    cell = one.behaviour.to_excel(one, abroad, "en")

    assert one.behaviour.parse(one, cell) == abroad
    assert one.behaviour.plain(one, abroad, "en") == "BayernMünchenMarienplatz 1 80331"


@pytest.mark.parametrize(
    "raw", ["31.2989,120.5853", "120.5853 31.2989", "31.2989N 120.5853E", "北纬31.2989°，东经120.5853°"]
)
def test_a_point_is_read_in_every_order_that_says_which_is_which(raw: str):
    assert parsed("geo", raw) == Point(31.2989, 120.5853)


def test_a_point_links_to_a_map_only_where_one_is_named():
    point = Point(31.2989, 120.5853)
    bare, linked = field("geo"), field("geo", map='https://maps.example/?q={lat},{lng}&"x')

    assert "<a" not in bare.behaviour.cell(bare, "en", None)(point, None)
    shown = linked.behaviour.cell(linked, "en", None)(point, None)
    assert 'href="https://maps.example/?q=31.2989,120.5853&amp;&#34;x"' in shown
