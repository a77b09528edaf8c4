"""QR codes and bar codes as SVG, black on white whatever the theme, so that scanners read them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import segno

_START_B, _START_C, _TO_C, _TO_B, _STOP = 104, 105, 99, 100, 106
_QUIET = 10
_HEIGHT = 40
_DARK = re.compile("1+")
_FEWEST_DIGITS = 4
"""Digits in a row from which two of them in one sign are shorter than each in its own."""

# The widths of bars and gaps of each of the 107 signs of Code 128 (ISO/IEC 15417).
_SIGNS = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 "
    "113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 "
    "212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 "
    "113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 "
    "314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 "
    "241211 221114 413111 241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 "
    "214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412 211214 "
    "211232 2331112 "
).split()


def qr_code(text: str) -> str:
    """The QR code of a text of at most 500 characters, as an <svg>."""
    code = segno.make_qr(text, error="m")
    width = int(code.symbol_size(border=4)[0])
    runs = ((run, y) for y, row in enumerate(code.matrix) for run in _DARK.finditer("".join(map(str, row))))
    path = "".join(f"M{run.start() + 4} {y + 4}h{len(run[0])}v1h-{len(run[0])}z" for run, y in runs)
    return _svg("qr", width, width, path)


def bar_code(text: str) -> str:
    """The Code 128 of a text of printable ASCII, as an <svg>."""
    at, path = _QUIET, []
    for sign in _with_check(list(_signs(text))):
        for place, width in enumerate(map(int, _SIGNS[sign])):
            if place % 2 == 0:
                path.append(f"M{at} 0h{width}v{_HEIGHT}h-{width}z")
            at += width
    return _svg("bars", at + _QUIET, _HEIGHT, "".join(path))


def _svg(name: str, width: int, height: int, path: str) -> str:
    return (
        f'<svg class="symbol symbol-{name}" viewBox="0 0 {width} {height}" aria-hidden="true" '
        f'preserveAspectRatio="xMinYMid" shape-rendering="crispEdges">'
        f'<rect width="{width}" height="{height}" fill="#fff"/>'
        f'<path fill="#000" d="{path}"/></svg>'
    )


def _signs(text: str) -> Iterator[int]:
    """The start sign and the signs of the text, runs of digits in pairs."""
    at, pairs = 0, _digits_at(text, 0) >= _FEWEST_DIGITS or (len(text) == 2 and text.isdigit())
    yield _START_C if pairs else _START_B
    while at < len(text):
        run = _digits_at(text, at)
        if pairs and run < 2:
            pairs = False
            yield _TO_B
        elif not pairs and run >= _FEWEST_DIGITS and run % 2 == 0:
            pairs = True
            yield _TO_C
        yield int(text[at : at + 2]) if pairs else ord(text[at]) - 32
        at += 2 if pairs else 1


def _digits_at(text: str, at: int) -> int:
    end = at
    while end < len(text) and text[end].isdigit():
        end += 1
    return end - at


def _with_check(signs: list[int]) -> list[int]:
    check = (signs[0] + sum(place * sign for place, sign in enumerate(signs[1:], 1))) % 103
    return [*signs, check, _STOP]
