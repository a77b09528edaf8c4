"""Makes screenshots small enough to be checked in: at most 256 colours, packed as tightly as zlib can."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOURS = 256
TRUECOLOUR = {2: 3, 6: 4}
"""Bytes per pixel of the two colour types browsers write."""

Pixels = NDArray[np.uint8]


def reduced(png: bytes) -> bytes:
    """The same picture with a palette of its most frequent colours; every other becomes its nearest."""
    pixels = _pixels(png)
    height, width, _ = pixels.shape
    packed = pixels.reshape(-1, 3).astype(np.uint32) @ np.array([65536, 256, 1], dtype=np.uint32)
    colours, where, counts = np.unique(packed, return_inverse=True, return_counts=True)
    kept = np.sort(np.argsort(-counts, kind="stable")[:COLOURS])
    nearest = np.array([_nearest(_split(colours[kept]), each) for each in _split(colours)], dtype=np.uint8)
    indices = nearest[where].reshape(height, width)
    rows = np.hstack([np.zeros((height, 1), dtype=np.uint8), indices])
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    return SIGNATURE + b"".join(
        _chunk(kind, body)
        for kind, body in (
            (b"IHDR", head),
            (b"PLTE", _split(colours[kept]).astype(np.uint8).tobytes()),
            (b"IDAT", zlib.compress(rows.tobytes(), 9)),
            (b"IEND", b""),
        )
    )


def _split(packed: NDArray[np.uint32]) -> NDArray[np.int32]:
    return np.stack([packed >> 16, packed >> 8 & 255, packed & 255], axis=1).astype(np.int32)


def _nearest(palette: NDArray[np.int32], colour: NDArray[np.int32]) -> int:
    return int(((palette - colour) ** 2).sum(axis=1).argmin())


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _pixels(png: bytes) -> Pixels:
    """Height × width × 3 of a truecolour PNG as browsers write them: 8 bits, not interlaced."""
    chunks = list(_chunks(png))
    width, height, depth, kind, *_, interlaced = struct.unpack(">IIBBBBB", dict(chunks)[b"IHDR"])
    if depth != 8 or kind not in TRUECOLOUR or interlaced:
        raise ValueError("not a screenshot of a browser")
    size = TRUECOLOUR[kind]
    raw = zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT"))
    lines = np.frombuffer(raw, dtype=np.uint8).reshape(height, 1 + width * size)
    plain = np.zeros((height + 1, width * size), dtype=np.uint8)
    for y, line in enumerate(lines):
        plain[y + 1] = _unfiltered(int(line[0]), line[1:], plain[y], size)
    pixels: Pixels = plain[1:].reshape(height, width, size)[:, :, :3]
    return pixels


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12


def _unfiltered(kind: int, line: Pixels, above: Pixels, size: int) -> Pixels:
    """One row, with the prediction of its filter added back (PNG 9.2)."""
    if kind == 0:
        return line
    if kind == 2:
        return line + above
    if kind == 1:
        summed = np.cumsum(line.reshape(-1, size), axis=0, dtype=np.uint8)
        return summed.reshape(-1)
    done = [0] * size
    corner = [0] * size + above.tolist()
    for x, value in enumerate(line.tolist()):
        left, up, before = done[x], corner[x + size], corner[x]
        guess = (left + up) // 2 if kind == 3 else _paeth(left, up, before)
        done.append((value + guess) & 255)
    return np.array(done[size:], dtype=np.uint8)


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    by_left, by_up, by_corner = abs(guess - left), abs(guess - up), abs(guess - corner)
    if by_left <= by_up and by_left <= by_corner:
        return left
    return up if by_up <= by_corner else corner
