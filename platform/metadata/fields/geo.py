"""Points on the map."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

import sqlalchemy as sa
from markupsafe import escape
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from ..errors import ValueRefused
from ..fieldtype import CellRenderer, Examples, ExcelFormat, FieldType, InputWidget
from ..model import Field
from ..operators import NEARNESS
from .raw import narrow

PLACES = 6
"""Digits after the point: a tenth of a metre."""

_BELOW_ZERO = {"s", "南", "南纬", "w", "西", "西经"}
_EAST_WEST = {"e", "w", "东", "西", "东经", "西经"}
_SIDE = "[NSEW]|[东西南北][经纬]?"
_ONE = re.compile(
    rf"(?P<before>{_SIDE})?\s*(?P<number>-?[0-9]{{1,3}}(?:\.[0-9]{{1,15}})?)\s*°?\s*(?P<after>{_SIDE})?",
    re.IGNORECASE,
)
_APART = re.compile(r"\s*[,，;/]\s*|\s+(?=[-0-9NSEW东西南北])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Point:
    """Degrees north and east."""

    lat: float
    lng: float

    def text(self) -> str:
        """`31.2989,120.5853`."""
        return f"{self.lat:.{PLACES}f},{self.lng:.{PLACES}f}"


class PointText(TypeDecorator[Point]):
    """A point in one text, always with six digits after the points."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return value if value is None or isinstance(value, str) else str(value.text())

    def process_result_value(self, value: str | None, dialect: Dialect) -> Point | None:
        return None if value is None else Point(*map(float, value.split(",")))


class Geo(FieldType):
    """Latitude and longitude, in that order; what cannot be a latitude is taken for a longitude. With `map`, an
    address with {lat} and {lng} in it, a value is a link there.
    """

    name = "geo"
    read_as = "point"
    operators = NEARNESS
    sortable = False
    aggregates = ("count",)
    options_schema = {"map": {"type": "string", "pattern": r"^https?://[^\s\"'<>]+$", "maxLength": 500}}
    label_words = ("坐标", "经纬度", "定位", "位置坐标", "coordinates", "geolocation", "latitude", "gps")
    examples = Examples(
        valid=(
            ("31.2989, 120.5853", Point(31.2989, 120.5853)),
            ("120.5853,31.2989", Point(31.2989, 120.5853)),
            ("31.2989°N 120.5853°E", Point(31.2989, 120.5853)),
            ("东经120.5853，北纬31.2989", Point(31.2989, 120.5853)),
            ("-33.8688 151.2093", Point(-33.8688, 151.2093)),
            ("33.8688S, 70.5W", Point(-33.8688, -70.5)),
            ({"lat": 31.29891234567, "lng": -0.0}, Point(31.298912, 0.0)),
            ({"lat": Decimal("31.5"), "lng": 120}, Point(31.5, 120.0)),
            ("", None),
        ),
        invalid=(
            ("31.2989", "not_a_point"),
            ("91,181", "not_a_point"),
            ("here", "not_a_point"),
            ({"lat": 91, "lng": 1}, "not_a_point"),
            ({"lat": "x", "lng": 1}, "not_a_point"),
            ({"lat": 1}, "not_a_point"),
            ([31, 120], "not_a_point"),
            (True, "not_a_point"),
            ("<script>,1", "not_a_point"),
        ),
        invalid_json=("31,120", {"lat": 91, "lng": 0}, {"lat": 1}, [1, 2], {"lat": 1, "lng": 2, "x": 3}),
        options={"map": "https://example.com/?q={lat},{lng}"},
    )

    def column(self, field: Field) -> TypeEngine[Any] | None:
        return PointText()

    def json_schema(self, field: Field) -> dict[str, Any]:
        degrees = {
            "lat": {"type": "number", "minimum": -90, "maximum": 90},
            "lng": {"type": "number", "minimum": -180, "maximum": 180},
        }
        return {"type": "object", "properties": degrees, "required": ["lat", "lng"], "additionalProperties": False}

    def parse(self, field: Field, raw: Any) -> Point | None:
        if isinstance(raw, str) and raw.lstrip().startswith("{"):
            raw = _object(raw)
        if isinstance(raw, dict):
            return _point(raw.get("lat"), raw.get("lng")) if raw.keys() == {"lat", "lng"} else _refuse()
        if isinstance(raw, bool | list | int | float | Decimal):
            _refuse()
        text = narrow(raw)
        return None if text is None else _written(text)

    def dump(self, field: Field, value: Any) -> Any:
        return None if value is None else {"lat": value.lat, "lng": value.lng}

    def entry(self, field: Field, value: Any, lang: str) -> str:
        return self.plain(field, value, lang)

    def plain(self, field: Field, value: Any, lang: str, label: str | None = None) -> str:
        return "" if value is None else f"{_short(value.lat)}, {_short(value.lng)}"

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        address = field.option("map")

        def show(value: Any, label: str | None) -> str:
            if value is None:
                return ""
            text = self.plain(field, value, lang)
            if not address:
                return f'<span class="mono">{text}</span>'
            link = address.replace("{lat}", _short(value.lat)).replace("{lng}", _short(value.lng))
            return f'<a href="{escape(link)}" target="_blank" rel="noopener noreferrer nofollow">{text}</a>'

        return show

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("geo", {"type": "text", "autocomplete": "off", "maxlength": 60})

    def excel(self, field: Field) -> ExcelFormat:
        return ExcelFormat(width=24)


def _short(degrees: float) -> str:
    return f"{degrees:.{PLACES}f}".rstrip("0").rstrip(".")


def _object(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        _refuse()


def _written(text: str) -> Point:
    parts = [_ONE.fullmatch(part) for part in _APART.split(text)] if len(text) <= 60 else []
    if len(parts) != 2 or not all(parts):
        _refuse()
    (first, swapped), (second, _) = ((_degrees(part), _is_longitude(part)) for part in parts if part)
    return _point(second, first) if swapped or abs(first) > 90 >= abs(second) else _point(first, second)


def _degrees(part: re.Match[str]) -> float:
    side = (part["before"] or part["after"] or "").lower()
    return float(part["number"]) * (-1 if side in _BELOW_ZERO else 1)


def _is_longitude(part: re.Match[str]) -> bool:
    return (part["before"] or part["after"] or "").lower() in _EAST_WEST


def _point(lat: Any, lng: Any) -> Point:
    for degrees, most in ((lat, 90), (lng, 180)):
        if (
            isinstance(degrees, bool)
            or not isinstance(degrees, int | float | Decimal)
            or not -most <= degrees <= most
        ):
            _refuse()
    # A minus before zero would make two values of one point.
    return Point(round(float(lat), PLACES) + 0.0, round(float(lng), PLACES) + 0.0)


def _refuse() -> NoReturn:
    raise ValueRefused("not_a_point")
