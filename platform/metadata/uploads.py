"""What is known of uploaded files without opening them: their names, kinds, and the words for both.

The reader of a record gets the facts of its files as the label of the field: a JSON array with a
`[id, name, size, media type, width, height]` for each. Width and height are those of pictures that can be shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import orjson

LARGEST_ID = 2**53 - 1
"""Ids are random numbers, so that none can be guessed; browsers count no further exactly."""

PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
"""Media types every browser shows and no browser runs."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "image": ("png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff", "heic"),
    "pdf": ("pdf",),
    "document": ("pdf", "doc", "docx", "odt", "rtf", "txt", "md", "wps"),
    "spreadsheet": ("xls", "xlsx", "ods", "csv", "et"),
    "presentation": ("ppt", "pptx", "odp", "dps"),
    "text": ("txt", "md", "csv", "json", "log"),
    "audio": ("mp3", "wav", "ogg", "m4a", "flac", "amr"),
    "video": ("mp4", "mov", "webm", "avi", "mkv"),
    "archive": ("zip", "rar", "7z", "gz", "tar"),
}
"""Kinds of files an admin may allow, with the endings of their names."""

_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
_OLD_OFFICE = ("application/x-ole-storage",)
_IMAGES = (*PICTURES, "image/bmp", "image/tiff", "image/heic")
CONTENTS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(GROUPS["image"], _IMAGES),
    **dict.fromkeys(("doc", "xls", "ppt", "wps", "et", "dps"), _OLD_OFFICE),
    **dict.fromkeys(("txt", "md", "csv", "json", "log", "rtf"), ("text/plain",)),
    "pdf": ("application/pdf",),
    "docx": (_OFFICE + "wordprocessingml.document",),
    "xlsx": (_OFFICE + "spreadsheetml.sheet",),
    "pptx": (_OFFICE + "presentationml.presentation",),
    "odt": (_OPEN + "text",),
    "ods": (_OPEN + "spreadsheet",),
    "odp": (_OPEN + "presentation",),
    "zip": ("application/zip",),
    "rar": ("application/vnd.rar",),
    "7z": ("application/x-7z-compressed",),
    "gz": ("application/gzip",),
    "mp4": ("video/mp4",),
    "mov": ("video/mp4",),
    "webm": ("video/webm",),
    "mkv": ("video/webm",),
}
"""What files of an ending must hold, where their content tells."""

ENDINGS: Mapping[str, str] = {
    "image/jpeg": "jpg",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "text/plain": "txt",
    "application/x-ole-storage": "",
    **{
        media: ending
        for ending, kinds in CONTENTS.items()
        if len(kinds) == 1 and ending not in ("mov", "mkv", *GROUPS["text"], "rtf")
        for media in kinds
        if media not in ("application/x-ole-storage",)
    },
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
}
"""The ending a file gets whose name has none, by its media type."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One uploaded file. `width` and `height` are None unless it is a picture that can be shown."""

    id: int
    name: str
    size: int
    media_type: str
    width: int | None = None
    height: int | None = None

    @property
    def ending(self) -> str:
        """The ending of its name, in lower case, without the dot."""
        return ending_of(self.name)

    @property
    def kind(self) -> str:
        """The few letters that tell its kind: PDF."""
        return (self.ending or ENDINGS.get(self.media_type, ""))[:4].upper() or "?"

    @property
    def size_words(self) -> str:
        """Its size as people read it."""
        return size_text(self.size)

    @property
    def is_picture(self) -> bool:
        """Whether there are thumbnails of it."""
        return self.width is not None

    @property
    def address(self) -> str:
        """Where it is had."""
        return f"/files/{self.id}/{quote(self.name, safe='')}"

    def thumbnail(self, size: str = "small") -> str | None:
        """Where its picture is had, `small` or `large`; None where it is none."""
        return f"/thumbnails/{self.id}/{size}" if self.is_picture else None

    def dump(self) -> dict[str, object]:
        """The JSON object of the API."""
        return {
            "id": self.id,
            "name": self.name,
            "size": self.size,
            "type": self.media_type,
            "width": self.width,
            "height": self.height,
            "url": self.address,
            "thumbnail": self.thumbnail(),
        }


def ending_of(name: str) -> str:
    """The ending of a name, in lower case, without the dot; empty where there is none."""
    start, dot, ending = name.rpartition(".")
    return ending.lower() if dot and start and ending.isalnum() and len(ending) <= 12 else ""


def facts_in(label: str | None) -> dict[int, FileFacts]:
    """The files a label tells of, by id; none for what is no such label."""
    try:
        rows = orjson.loads(label) if label else []
        return {row[0]: FileFacts(*row) for row in rows}
    except (ValueError, TypeError, KeyError, IndexError):
        return {}


def label_of(files: Iterable[FileFacts]) -> str:
    """The label that tells of these files."""
    rows = [[f.id, f.name, f.size, f.media_type, f.width, f.height] for f in files]
    return orjson.dumps(rows).decode()


def endings_in(allowed: Sequence[str]) -> tuple[str, ...]:
    """The endings that groups and endings, as an admin writes them, stand for."""
    found: dict[str, None] = {}
    for word in allowed:
        plain = word.lower().removeprefix(".")
        found.update(dict.fromkeys(GROUPS.get(plain, (plain,))))
    return tuple(found)


def fits(file: FileFacts, endings: Sequence[str]) -> bool:
    """Whether a file has one of the endings, and holds what such files hold."""
    return file.ending in endings and file.media_type in CONTENTS.get(file.ending, (file.media_type,))


def size_text(size: int) -> str:
    """A size as people read it: 640 B, 12 kB, 3.4 MB."""
    if size < 1000:
        return f"{size} B"
    for unit, factor in (("kB", 1000), ("MB", 1000**2)):
        if size < factor * 1000:
            number = size / factor
            return f"{number:.1f} {unit}" if number < 10 and unit == "MB" else f"{number:.0f} {unit}"
    return f"{size / 1000**3:.1f} GB"
