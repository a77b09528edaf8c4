"""What kind of content a file has, by its bytes: names and the types browsers claim are not believed."""

from __future__ import annotations

import re
import zipfile
from typing import IO

UNKNOWN = "application/octet-stream"
HEAD = 4_096

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x1f\x8b", "application/gzip"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"#!AMR", "audio/amr"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"MZ", "application/x-msdownload"),
    (b"\x7fELF", "application/x-executable"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heif", b"mif1", b"msf1"), "image/heic"),
    b"avif": "image/avif",
    b"M4A ": "audio/mp4",
}
_OFFICE = "application/vnd.openxmlformats-officedocument."
_MEMBERS = {
    "word/document.xml": _OFFICE + "wordprocessingml.document",
    "xl/workbook.xml": _OFFICE + "spreadsheetml.sheet",
    "ppt/presentation.xml": _OFFICE + "presentationml.presentation",
}
_OPEN_KINDS = ("text", "spreadsheet", "presentation")
MOST_MEMBERS = 5_000

# What a browser might run, should it ever be told to show it.
_ACTIVE = re.compile(
    rb"<\s*(!doctype\s+html|html|head|body|script|svg|iframe|object|embed|form|style|link|meta|img|math|\?xml)",
    re.IGNORECASE,
)


def media_type_of(file: IO[bytes]) -> str:
    """The media type, `application/octet-stream` where the bytes do not tell. Leaves the file at its beginning."""
    file.seek(0)
    head = file.read(HEAD)
    found = _by_start(head)
    if found is None and head[:4] == b"PK\x03\x04":
        found = _of_archive(file)
    file.seek(0)
    return found or _of_text(head)


def _by_start(head: bytes) -> str | None:
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    return None


def _of_archive(file: IO[bytes]) -> str:
    """What an archive is by the names in it; nothing is unpacked but a short note of its kind."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = {info.filename: info for info in archive.infolist()[:MOST_MEMBERS]}
            for member, kind in _MEMBERS.items():
                if member in names:
                    return kind
            note = names.get("mimetype")
            if note is not None and note.compress_type == zipfile.ZIP_STORED and note.file_size < 100:
                kind = archive.read(note).decode("ascii", "replace").strip()
                if kind in {f"application/vnd.oasis.opendocument.{each}" for each in _OPEN_KINDS}:
                    return kind
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError):
        return UNKNOWN
    return "application/zip"


def _of_text(head: bytes) -> str:
    if b"\0" in head or not head:
        return UNKNOWN
    # The head may end within a character.
    for encoding in ("utf-8", "gb18030"):
        for cut in range(4):
            try:
                head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return UNKNOWN if _ACTIVE.search(head) else "text/plain"
    return UNKNOWN
