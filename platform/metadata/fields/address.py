"""Postal addresses."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy.types import TypeEngine

from .. import regions
from ..columns import Readable
from ..errors import ValueRefused
from ..fieldtype import Examples, ExcelFormat, FieldType, InputWidget
from ..model import Field
from ..operators import on_shown
from .raw import text_of

LONGEST = {"province": 60, "city": 60, "district": 60, "street": 300, "postcode": 12}
_CONTROL = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]+")
_POSTCODE = re.compile(r"[(（]?(?:邮编|邮政编码|postcode|zip)?[:：]?\s*(?<![0-9])([0-9]{6})[)）]?$", re.IGNORECASE)
_POSTCODE_ALONE = re.compile(r"[0-9A-Za-z][0-9A-Za-z \-]*")


@dataclass(frozen=True, slots=True)
class Place:
    """The parts of an address; those that are not known are empty."""

    province: str = ""
    city: str = ""
    district: str = ""
    street: str = ""
    postcode: str = ""

    def line(self) -> str:
        """The address on one line, the widest part first. A city called like its province is said once."""
        city = "" if self.city == self.province else self.city
        parts = [self.province, city, self.district, self.street]
        blank = " " if all(part.isascii() for part in parts) else ""
        return " ".join(part for part in (blank.join(part for part in parts if part), self.postcode) if part)


class PlaceText(Readable):
    """The parts of an address behind its line."""

    cache_ok = True

    def shown(self, value: Any) -> str:
        return str(value.line())

    def kept(self, value: Any) -> str:
        return json.dumps(
            [value.province, value.city, value.district, value.street, value.postcode], ensure_ascii=False
        )

    def read(self, kept: str) -> Place:
        return Place(*json.loads(kept))


class Address(FieldType):
    """Province, city, district, street and postcode. A line of text is taken apart by the names it begins with."""

    name = "address"
    read_as = "place"
    operators = on_shown(Place.line)
    label_words = ("地址", "住址", "详细地址", "收货地址", "通讯地址", "address", "street")
    examples = Examples(
        valid=(
            (
                "江苏省苏州市吴中区独墅湖大道1号 215123",
                Place("江苏省", "苏州市", "吴中区", "独墅湖大道1号", "215123"),
            ),
            ("上海中山路1号", Place("上海市", "", "", "中山路1号", "")),
            ("广东中山火炬大道<1>号", Place("广东省", "中山市", "", "火炬大道<1>号", "")),
            ("1 Main Street", Place("", "", "", "1 Main Street", "")),
            (
                {"province": "江苏", "city": "苏州", "street": " 东吴路\n2号 "},
                Place("江苏省", "苏州市", "", "东吴路 2号", ""),
            ),
            (
                {"region": "江苏省 苏州市 吴中区", "street": "东吴路2号"},
                Place("江苏省", "苏州市", "吴中区", "东吴路2号", ""),
            ),
            ('{"province": "加州", "street": "Hill"}', Place("加州", "", "", "Hill", "")),
            ({}, None),
            ("", None),
        ),
        invalid=(
            ({"country": "x"}, "not_an_address"),
            ({"region": ["x"]}, "not_text"),
            ({"street": ["x"]}, "not_text"),
            ({"postcode": "<b>"}, "not_a_postcode"),
            ("x" * 301, "too_long"),
            (True, "not_an_address"),
            (["x"], "not_an_address"),
        ),
        invalid_json=("text", {"country": "x"}, {"street": 1}, [], {"street": "x" * 301}),
    )

    def column(self, field: Field) -> TypeEngine[Any] | None:
        return PlaceText()

    def json_schema(self, field: Field) -> dict[str, Any]:
        parts = {name: {"type": "string", "maxLength": longest} for name, longest in LONGEST.items()}
        return {"type": "object", "properties": parts, "additionalProperties": False}

    def parse(self, field: Field, raw: Any) -> Place | None:
        if isinstance(raw, bool | list | int | float | Decimal):
            raise ValueRefused("not_an_address")
        if not isinstance(raw, dict):
            text = text_of(raw)
            raw = _parts_of(text) if text else {}
        if raw.keys() - LONGEST.keys() - {"region"}:
            raise ValueRefused("not_an_address")
        raw = _spread(raw)
        place = _with_whole_names({name: _clean(name, raw.get(name)) for name in LONGEST})
        return place if place != Place() else None

    def dump(self, field: Field, value: Any) -> Any:
        return None if value is None else {name: part for name, part in asdict(value).items() if part}

    def plain(self, field: Field, value: Any, lang: str, label: str | None = None) -> str:
        return "" if value is None else str(value.line())

    def to_excel(self, field: Field, value: Any, lang: str, label: str | None = None) -> Any:
        # What a line does not tell apart again goes as the parts it has.
        if value is None or self.parse(field, value.line()) == value:
            return value and value.line()
        return json.dumps(self.dump(field, value), ensure_ascii=False)

    def entry(self, field: Field, value: Any, lang: str) -> str:
        return json.dumps(self.dump(field, value), ensure_ascii=False)

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("address", {"longest": LONGEST}, wide=True)

    def excel(self, field: Field) -> ExcelFormat:
        return ExcelFormat(width=40)


def _parts_of(text: str) -> dict[str, Any]:
    """The parts of an address in JSON, or on a line."""
    if text.startswith("{"):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            raise ValueRefused("not_an_address") from None
        if not isinstance(found, dict):
            raise ValueRefused("not_an_address")
        return found
    code = _POSTCODE.search(text)
    rest = text[: code.start()] if code else text
    region, street = regions.begin(_CONTROL.sub(" ", rest))
    found = dict(_named(region), street=street) if region else {"street": rest}
    return {**found, "postcode": code[1] if code else ""}


def _spread(raw: dict[str, Any]) -> dict[str, Any]:
    """The parts with a `region`, as our form sends it, and a street that begins with one taken apart."""
    parts = {name: raw.get(name) for name in LONGEST}
    region = text_of(raw.get("region"))
    if region is not None:
        code, rest = regions.begin(region)
        parts |= _named(code) if code and not rest else {"province": region}
    if not any(parts[name] for name in ("province", "city", "district")) and isinstance(parts["street"], str):
        code, rest = regions.begin(parts["street"])
        parts |= dict(_named(code), street=rest) if code else {}
    return parts


def _named(code: str) -> dict[str, str]:
    """Names of province, city and district of a region."""
    found = {"province": "", "city": "", "district": ""}
    for part, each in zip(_steps(code), regions.names(code), strict=True):
        found[part] = each
    return found


def _steps(code: str) -> tuple[str, ...]:
    """What the names of a region are names of: in a municipality the second is a district."""
    count = len(regions.names(code))
    direct = count == 2 and not code.endswith("00")
    return ("province", "district") if direct else ("province", "city", "district")[:count]


def _clean(name: str, raw: Any) -> str:
    if isinstance(raw, dict | list):
        raise ValueRefused("not_text")
    text = " ".join(_CONTROL.sub(" ", text_of(raw) or "").split())
    if len(text) > LONGEST[name]:
        raise ValueRefused("too_long", max=LONGEST[name])
    if name == "postcode" and text and not _POSTCODE_ALONE.fullmatch(text):
        raise ValueRefused("not_a_postcode")
    return text


def _with_whole_names(parts: dict[str, str]) -> Place:
    """The address with province, city and district by their whole names, where they are known in China."""
    written = "/".join(part for part in (parts["province"], parts["city"], parts["district"]) if part)
    found = regions.find(written) if written else []
    return Place(**{**parts, **(_named(found[0]) if len(found) == 1 else {})})
