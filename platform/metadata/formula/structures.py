"""What formulas take out of values that have parts: addresses, regions, points, sets, JSON, times of day.

Each function is one of `operations`, whose SQL gives the same on PostgreSQL. A text of no characters is no value.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, time, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .. import regions
from . import numbers, texts

if TYPE_CHECKING:
    from ..fields.address import Place
    from ..fields.geo import Point

EARTH = 6_371_008.8
"""Metres from its middle to its surface, on average."""

MUNICIPALITIES = ("北京市", "天津市", "上海市", "重庆市")
"""Provinces that are cities themselves: there the city is called as the province."""

_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,20})?")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
_MICRO = Decimal("0.000001")


# --- sets ---


def count_of(members: Sequence[Any] | None) -> Decimal:
    """How many there are; 0 for none."""
    return Decimal(len(members or ()))


def has_word(words: Sequence[str] | None, word: str | None) -> bool:
    """Whether the word is one of them."""
    return word is not None and words is not None and f"|{word}|" in f"|{'|'.join(words)}|"


def has_id(ids: Sequence[int] | None, one: int | None) -> bool:
    """Whether the id is one of them."""
    return one is not None and ids is not None and one in ids


def in_a_row(words: Sequence[str], mark: str) -> str:
    """All of them with the mark between."""
    return mark.join(words)


# --- addresses and regions ---


def line_of(place: Place) -> str:
    """The address on one line."""
    return place.line()


def province_of(place: Place) -> str:
    """Its province."""
    return place.province


def city_of(place: Place) -> str:
    """Its city, which in a municipality is the municipality."""
    return place.city or (place.province if place.province in MUNICIPALITIES else "")


def district_of(place: Place) -> str:
    """Its district."""
    return place.district


def street_of(place: Place) -> str:
    """Its street."""
    return place.street


def postcode_of(place: Place) -> str:
    """Its postcode."""
    return place.postcode


@lru_cache(maxsize=1)
def whole_names() -> Mapping[str, str]:
    """By code, the names from the province down."""
    return {code: " ".join(regions.names(code)) for code in regions.regions()}


@lru_cache(maxsize=1)
def provinces() -> Mapping[str, str]:
    """Names of provinces by code."""
    return {code: name for code, name in regions.regions().items() if regions.level(code) == 0}


@lru_cache(maxsize=1)
def cities() -> Mapping[str, str]:
    """Names of cities by code; for all of a municipality that of the municipality."""
    found = {code: name for code, name in regions.regions().items() if regions.level(code) == 1}
    for code in regions.regions():
        above = provinces()[f"{code[:2]}0000"]
        if above in MUNICIPALITIES:
            found.setdefault(f"{code[:4]}00", above)
    return found


@lru_cache(maxsize=1)
def districts() -> Mapping[str, str]:
    """Names of districts by code."""
    return {code: name for code, name in regions.regions().items() if regions.level(code) == 2}


def region_text(code: str) -> str:
    """The names from the province down."""
    return whole_names().get(code, code)


def region_province(code: str) -> str | None:
    """The province's name."""
    return provinces().get(f"{code[:2]}0000")


def region_city(code: str) -> str | None:
    """The city's name; None above a city."""
    return cities().get(f"{code[:4]}00")


def region_district(code: str) -> str | None:
    """The district's name; None above a district."""
    return districts().get(code)


# --- points ---


def _degrees(value: float) -> Decimal:
    return Decimal(str(value)).quantize(_MICRO)


def latitude(point: Point) -> Decimal:
    """Degrees north."""
    return _degrees(point.lat)


def longitude(point: Point) -> Decimal:
    """Degrees east."""
    return _degrees(point.lng)


def point_text(point: Point) -> str:
    """`31.2989, 120.5853`."""
    return f"{numbers.written(latitude(point))}, {numbers.written(longitude(point))}"


def metres(one: Point, other: Point) -> Decimal:
    """Metres between two points along the surface, to the metre."""
    north, east = math.radians(other.lat), math.radians(other.lng)
    from_north, from_east = math.radians(one.lat), math.radians(one.lng)
    across = math.cos(from_north) * math.cos(north) * math.sin((east - from_east) / 2) ** 2
    chord = math.sin((north - from_north) / 2) ** 2 + across
    return Decimal(round(2 * EARTH * math.asin(min(1.0, math.sqrt(chord)))))


# --- JSON ---


def json_part(text: str, path: str) -> str | None:
    """The text, number or truth at a path, which is a JSON list of keys; None for all else."""
    value = _read(text)
    for key in json.loads(path):
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value if value else abs(value), "f")
    return value if isinstance(value, str) else None


@lru_cache(maxsize=256)
def _read(text: str) -> Any:
    """A value; several formulas look at the same text one after another."""
    return json.loads(text, parse_int=Decimal, parse_float=Decimal)


# --- text and times of day ---


def text_of_rich(html: str) -> str:
    """What a reader sees of it."""
    from ..fields.richtext import plain_of

    return plain_of(html)


def clock_text(value: time) -> str:
    """`14:30`, with seconds where there are any."""
    return value.isoformat("seconds" if value.second else "minutes")


def clock_of(moment: datetime, zone: tzinfo) -> str:
    """The time of day it is in the zone."""
    return moment.astimezone(zone).strftime("%H:%M:%S")


def clock_seconds(text: str) -> Decimal | None:
    """Seconds since midnight; None where the text is no time of day."""
    match = _CLOCK.fullmatch(text)
    return Decimal(int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)) if match else None


def value_of(text: str) -> Decimal | None:
    """The number that a text says, to nine places; None where it says none."""
    plain = text.strip(" ")
    if not _PLAIN_NUMBER.fullmatch(plain):
        return None
    return numbers.settle(Decimal(plain))


def holds(text: str | None, part: str | None) -> bool:
    """Whether the text has the part in it; case of ASCII letters does not matter. Nothing is in nothing."""
    return text is not None and part is not None and texts.lower(part) in texts.lower(text)
