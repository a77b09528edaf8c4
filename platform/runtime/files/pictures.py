"""Pictures: how large one is, and smaller ones made of it. The only file that opens pictures.

A picture from outside is dangerous twice: a few bytes may unpack to gigabytes, so its declared size is checked
before anything is unpacked and only one is unpacked at a time; and it may carry what its sender did not mean to
send, so what we make of it has none of its notes, such as where it was taken.
"""

from __future__ import annotations

import io
import threading
import warnings
from typing import IO

from PIL import Image, ImageOps

from ...metadata.uploads import PICTURES

MOST_PIXELS = 50_000_000
SIZES = {"small": 192, "large": 1600}
"""Longest side of what is made, in pixels."""

_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
_one_at_a_time = threading.Lock()

Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


class NoPicture(ValueError):
    """The content is no picture that can be shown."""


def small_and_size(file: IO[bytes], media_type: str) -> tuple[bytes, tuple[int, int]]:
    """A small picture, which proves that it can be made, and (width, height) of the whole one as it is seen.

    Raises NoPicture.
    """
    made, size = _made(file, media_type, SIZES["small"])
    return made, size


def reduced(file: IO[bytes], media_type: str, size: str) -> bytes:
    """The picture at one of `SIZES`, as WebP. Raises NoPicture."""
    return _made(file, media_type, SIZES[size])[0]


def _made(file: IO[bytes], media_type: str, longest: int) -> tuple[bytes, tuple[int, int]]:
    if media_type not in PICTURES:
        raise NoPicture(media_type)
    file.seek(0)
    with _one_at_a_time:
        try:
            with Image.open(file, formats=[_FORMATS[media_type]]) as picture:
                return _reduced(picture, longest)
        # Its decoders raise what they like for what they cannot read; nothing of ours runs in here.
        except Exception as error:
            raise NoPicture(type(error).__name__) from error
        finally:
            file.seek(0)


def _reduced(picture: Image.Image, longest: int) -> tuple[bytes, tuple[int, int]]:
    width, height = picture.size
    if width * height > MOST_PIXELS or not width or not height:
        raise NoPicture("pixels")
    # A JPEG can be unpacked at a fraction of its size at once.
    picture.draft("RGB", (longest, longest))
    turned = picture.getexif().get(0x0112, 1) in (5, 6, 7, 8)
    picture.load()
    upright = ImageOps.exif_transpose(picture)
    plain = upright.convert("RGBA" if _is_see_through(upright) else "RGB")
    plain.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    bare = Image.new(plain.mode, plain.size)
    bare.paste(plain)
    target = io.BytesIO()
    bare.save(target, "WEBP", quality=80, method=4)
    return target.getvalue(), (height, width) if turned else (width, height)


def _is_see_through(picture: Image.Image) -> bool:
    return picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
