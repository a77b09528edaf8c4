"""Province, city and district of China, as one code."""

from __future__ import annotations

from typing import Any

from sqlalchemy.types import TypeEngine

from .. import regions
from ..columns import plain_text
from ..errors import ValueRefused
from ..fieldtype import Examples, ExcelFormat, FieldType, InputWidget
from ..model import Field
from ..operators import PLACES
from .raw import narrow

LEVELS = {"province": 0, "city": 1, "district": 2}
_CODE_LENGTH = 6


class Region(FieldType):
    """The six-digit code of a province, city or district. Names are read however much of them is written, as
    long as they mean one place: 江苏省苏州市吴中区, 苏州吴中, 吴中区. `level` says how precise a value must be.
    """

    name = "region"
    read_as = "region"
    operators = PLACES
    options_schema = {"level": {"enum": list(LEVELS)}}
    label_words = ("地区", "区域", "省市区", "省市", "所在地", "行政区", "籍贯", "region", "province", "district")
    examples = Examples(
        valid=(
            ("江苏省苏州市吴中区", "320506"),
            ("江苏 苏州 吴中", "320506"),
            ("吴中区", "320506"),
            ("320506", "320506"),
            (320506.0, "320506"),
            ("北京市朝阳区", "110105"),
            ("北京市/市辖区/朝阳区", "110105"),
            ("内蒙古", "150000"),
            ("吉林", "220000"),
            ("吉林市", "220200"),
            ("", None),
        ),
        invalid=(
            ("朝阳区", "ambiguous_region"),
            ("江苏省杭州市", "not_a_region"),
            ("火星", "not_a_region"),
            ("999999", "not_a_region"),
            ("32050", "not_a_region"),
            ("%", "not_a_region"),
            (True, "not_a_region"),
            (["320506"], "not_a_region"),
        ),
        invalid_json=(320506, "江苏省", "32050", True),
    )

    def column(self, field: Field) -> TypeEngine[Any] | None:
        return plain_text()

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "pattern": "^[1-9][0-9]{5}$", "maxLength": _CODE_LENGTH}

    def parse(self, field: Field, raw: Any) -> str | None:
        code = self.operand(field, raw)
        wanted = field.option("level")
        if code is not None and wanted and regions.level(code) < LEVELS[wanted] and not _is_lowest(code):
            raise ValueRefused(f"not_a_{wanted}")
        return code

    def operand(self, field: Field, raw: Any) -> str | None:
        if isinstance(raw, bool | list | dict):
            raise ValueRefused("not_a_region")
        text = narrow(raw)
        if text is None:
            return None
        if text in regions.regions():
            return text
        found = regions.find(text) if len(text) <= 60 else []
        if len(found) != 1:
            raise ValueRefused("ambiguous_region" if found else "not_a_region", value=text[:60])
        return found[0]

    def plain(self, field: Field, value: Any, lang: str, label: str | None = None) -> str:
        return "" if value is None else " ".join(regions.names(value)) or str(value)

    def entry(self, field: Field, value: Any, lang: str) -> str:
        return self.plain(field, value, lang)

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("region", {"level": LEVELS[field.option("level", "district")]})

    def excel(self, field: Field) -> ExcelFormat:
        return ExcelFormat(width=24)


def _is_lowest(code: str) -> bool:
    """Whether nothing is known below it, as below 东莞市."""
    first, last = regions.span(code)
    return not any(first < other <= last for other in regions.regions())
