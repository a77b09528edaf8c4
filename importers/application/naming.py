"""Names for what a workbook holds: readable labels from headers, and keys that every database takes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping

from pypinyin import lazy_pinyin

from formloom.metadata.checks.names import ENTITY_WORDS, FIELD_WORDS, SHADOW_NAME, SQL_WORDS

from ..matching import fold

KEY_LENGTH, LABEL_LENGTH = 40, 80

_BREAKS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[_\s]+")
_NOT_IN_KEYS = re.compile(r"[^a-z0-9]+")
_MARKS = re.compile(r"^[\s*＊]+|[\s*＊:：]+$")
_ABBREVIATIONS = frozenset("id url qq ip no sku vat vip crm erp gps pdf hr ceo bom po".split())
_ICONS: Mapping[str, str] = {
    "users": "customer client 客户 employee staff 员工 member 会员 people 人员 学生 student",
    "user": "contact 联系人 person",
    "building": "company supplier vendor 公司 供应商 厂商 单位",
    "shopping-cart": "order 订单 采购 purchase sale 销售",
    "list-details": "detail line item 明细",
    "box": "product goods sku 产品 商品 物料 material stock inventory 库存",
    "tags": "category categories type group 类别 分类 类型",
    "send": "shipper shipping delivery carrier 物流 发货 快递",
    "file-text": "contract 合同 agreement",
    "receipt": "invoice receipt bill 发票 收款 付款 回款 payment",
    "calendar-event": "visit meeting event 拜访 会议 活动 日程 schedule",
    "checklist": "task todo 任务 project 项目",
    "map-pin": "address location region city 地址 区域 地区 仓库 warehouse",
    "cash": "expense cost budget 费用 报销 预算",
}


def label_of(header: str) -> str:
    """A header as a label: marks of required columns dropped, `customerID` and `order_date` in words."""
    plain = " ".join(_MARKS.sub("", unicodedata.normalize("NFC", header)).split())
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_ ]*", plain):
        words = [word for word in _BREAKS.split(plain) if word]
        plain = " ".join(_as_word(word, first=not n) for n, word in enumerate(words))
    return plain[:LABEL_LENGTH].strip() or header.strip()[:LABEL_LENGTH] or "?"


def _as_word(word: str, *, first: bool) -> str:
    if word.lower() in _ABBREVIATIONS or (word.isupper() and len(word) > 1):
        return word.upper()
    return word.capitalize() if first else word.lower()


def plain_key(text: str) -> str:
    """Lower-case letters, digits and underscores for a text of any script; '' when none can be made."""
    parts = _BREAKS.split(unicodedata.normalize("NFKC", _MARKS.sub("", text))[:200])
    latin = "_".join("_".join(lazy_pinyin(part, errors=_without_marks)) for part in parts if part)
    key = _NOT_IN_KEYS.sub("_", latin.lower()).strip("_")
    key = key if not key or key[0].isalpha() else f"n_{key}"
    return key[:KEY_LENGTH].rstrip("_")


def _without_marks(text: str) -> str:
    """Letters of other scripts than Chinese, without their accents."""
    apart = unicodedata.normalize("NFD", text)
    return "".join(character for character in apart if not unicodedata.combining(character))


def field_key(header: str, taken: Collection[str], otherwise: str) -> str:
    """A field's key that none of `taken` is."""
    key = plain_key(header) or otherwise
    if key in FIELD_WORDS or key in SQL_WORDS or SHADOW_NAME.match(key):
        key = f"{key}_value" if not SHADOW_NAME.match(key) else f"f{key}"
    return _free(key, taken)


def entity_key(name: str, taken: Collection[str], otherwise: str) -> str:
    """An entity's key that none of `taken` is: singular where the name is an English plural."""
    plain = plain_key(name) or otherwise
    for key in (singular(plain), plain, f"{plain}_record"):
        if key not in ENTITY_WORDS and key not in SQL_WORDS:
            return _free(key, taken)
    return _free(f"{otherwise}_record", taken)


def _free(key: str, taken: Collection[str]) -> str:
    number, candidate = 1, key
    while candidate in taken:
        number += 1
        candidate = f"{key[:KEY_LENGTH]}_{number}"
    return candidate


def singular(word: str) -> str:
    """An English word without its plural ending; others as they are."""
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len(ending)] + instead
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3 else word


def option_keys(words: Iterable[str]) -> list[str]:
    """A key for each option's label, all different."""
    taken: set[str] = set()
    keys = []
    for number, word in enumerate(words, 1):
        key = _free(plain_key(word) or f"option_{number}", taken)
        taken.add(key)
        keys.append(key)
    return keys


def icon_of(name: str) -> str:
    """An icon that suits what a sheet is called."""
    plain = fold(name)
    for icon, words in reversed(list(_ICONS.items())):
        if any(word in plain for word in words.split()):
            return icon
    return "table"
