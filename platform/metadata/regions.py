"""Provinces, cities and districts of China by their six-digit codes (GB/T 2260), and what people call them.

`320506` is 江苏省苏州市吴中区. A province ends in four zeros, a city in two; in a municipality (北京, 上海, …)
and in Hong Kong and Macao districts stand right below the province. The data is `regions.txt` beside this file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

_DATA = Path(__file__).parent / "regions.txt"
_SHORTEST, _LONGEST = 2, 15
_PEOPLES = (
    "汉|蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|拉祜|水|东乡|纳西|景颇|"
    "柯尔克孜|土|达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|普米|塔吉克|怒|鄂温克|德昂|保安|裕固|独龙|鄂伦春|门巴|各"
)
_ENDING = re.compile(
    rf"(?:(?:(?:{_PEOPLES})族|(?<!内)蒙古|维吾尔|哈萨克|柯尔克孜|塔吉克|各)*自治[区州县旗]|特别行政区|新区|[省市区县盟旗]|地区|林区|矿区|特区)$"
)
_BETWEEN = " \t\u3000,，、/\\>-—·|"
_LEVELS_WITHOUT_NAME = ("市辖区", "省直辖县级行政区划", "自治区直辖县级行政区划")
_STREET = re.compile(r"[东西南北中一二三四]?[路街道巷弄里镇乡村大号]|[省市区县盟旗]")


@lru_cache(maxsize=1)
def regions() -> Mapping[str, str]:
    """Names by code, in the order of the codes."""
    lines = _DATA.read_text("utf-8").splitlines()
    return MappingProxyType({line[:6]: line[6:] for line in lines if not line.startswith("#")})


@lru_cache(maxsize=1)
def _by_word() -> Mapping[str, tuple[tuple[str, bool], ...]]:
    """(code, whether the word is its whole name) by every word for a region."""
    found: dict[str, list[tuple[str, bool]]] = {}
    for code, name in regions().items():
        found.setdefault(name, []).append((code, True))
        short = _ENDING.sub("", name)
        if short != name and len(short) >= _SHORTEST:
            found.setdefault(short, []).append((code, False))
    return {word: tuple(codes) for word, codes in found.items()}


def above(code: str) -> str | None:
    """The region that this one is part of; None above a province."""
    if code.endswith("0000"):
        return None
    city = code[:4] + "00"
    return city if city != code and city in regions() else code[:2] + "0000"


def chain(code: str) -> tuple[str, ...]:
    """The codes from the province down to this one."""
    higher = above(code)
    return (*chain(higher), code) if higher else (code,)


def names(code: str) -> tuple[str, ...]:
    """The names from the province down to this one; levels that only exist on paper are left out."""
    known = regions()
    return tuple(known[each] for each in chain(code) if known.get(each) not in (None, *_LEVELS_WITHOUT_NAME))


def span(code: str) -> tuple[str, str]:
    """The first and the last code that may lie within a region."""
    begins = code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code
    return code, begins.ljust(6, "9")


def level(code: str) -> int:
    """0 for a province, 1 for a city, 2 for a district, wherever it stands."""
    return 0 if code.endswith("0000") else 1 if code.endswith("00") else 2


def find(text: str) -> list[str]:
    """The codes that a text may mean as a whole: 江苏省苏州市吴中区, 苏州 吴中, 吴中区. The highest level only, as
    who writes 吉林 means the province; whole names before shortened ones.
    """
    hits: dict[str, tuple[int, int]] = {}
    for code, rest, shortened in _walk(text.strip(_BETWEEN), None, 0):
        if not rest:
            rank = (level(code), shortened)
            hits[code] = min(hits.get(code, rank), rank)
    best = min(hits.values(), default=None)
    return sorted(code for code, rank in hits.items() if rank == best)


def begin(text: str) -> tuple[str | None, str]:
    """(code of the region that an address begins with, what follows); None where it begins with none.

    A district alone is taken for one only by its whole name, and where no other district has it.
    """
    best: tuple[int, str | None, str] = (0, None, text)
    for code, rest, _ in _walk(text.strip(_BETWEEN), None, 0, in_address=True):
        taken = len(text) - len(rest)
        if taken > best[0]:
            best = (taken, code, rest)
    return best[1], best[2]


def _walk(
    text: str, within: str | None, shortened: int, *, in_address: bool = False
) -> Iterator[tuple[str, str, int]]:
    """(code, rest of the text, how many names were shortened) of every way to read regions at its beginning."""
    words = _by_word()
    for length in range(min(len(text), _LONGEST), _SHORTEST - 1, -1):
        for code, whole in words.get(text[:length], ()):
            rest = text[length:]
            if not _is_below(code, within) or (
                in_address and not _stands(code, whole, within, text[:length], rest)
            ):
                continue
            rest = _past_paper_levels(rest)
            yield code, rest, shortened + (not whole)
            if rest:
                yield from _walk(rest, code, shortened + (not whole), in_address=in_address)


def _is_below(code: str, within: str | None) -> bool:
    return within is None or within < code <= span(within)[1]


def _stands(code: str, whole: bool, within: str | None, word: str, rest: str) -> bool:
    """Whether the word is the region in an address, and not the beginning of a street's name (中山路)."""
    if not whole:
        return level(code) < 2 and not _STREET.match(rest)
    return within is not None or level(code) < 2 or len(_by_word()[word]) == 1


def _past_paper_levels(rest: str) -> str:
    rest = rest.lstrip(_BETWEEN)
    for name in _LEVELS_WITHOUT_NAME:
        if rest.startswith(name):
            return rest[len(name) :].lstrip(_BETWEEN)
    return rest
