"""Zips are read with suspicion: nothing is unpacked to where it says, and nothing larger than it may be."""

from __future__ import annotations

import io
import json
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from formloom.metadata import packages
from formloom.metadata.errors import MetadataError
from formloom.metadata.packages import sources, versions
from tests.metadata.sample import entity

MANIFEST = json.dumps({"key": "shop", "label": "Shop", "version": "1.0"})
ITEM = json.dumps(entity("item"))

Fill = Callable[[zipfile.ZipFile], None]


def zipped(fill: Fill) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        fill(archive)
    file.seek(0)
    return file


def sound(archive: zipfile.ZipFile) -> None:
    archive.writestr("formloom.json", MANIFEST)
    archive.writestr("entities/item.json", ITEM)


def with_file(name: str, content: str | bytes = "{}", mode: int = 0) -> Fill:
    def fill(archive: zipfile.ZipFile) -> None:
        sound(archive)
        member = zipfile.ZipInfo(name)
        member.external_attr = mode << 16
        archive.writestr(member, content)

    return fill


def codes(file: io.BytesIO) -> set[str]:
    return {finding.code for finding in packages.inspect(packages.of_zip(file, "shop.zip")).findings}


@pytest.mark.parametrize("start", ["", "shop/"])
def test_the_package_may_stand_at_the_top_or_in_one_folder(start: str):
    def fill(archive: zipfile.ZipFile) -> None:
        archive.writestr(f"{start}formloom.json", MANIFEST)
        archive.writestr(f"{start}entities/item.json", "\ufeff" + ITEM)
        archive.writestr(f"{start}demo/records/01_item.csv", "ref,name\na,A\n")
        archive.writestr(f"{start}README.md", "hello")
        archive.writestr("__MACOSX/._x.json", "rubbish")

    package = packages.read_zip(zipped(fill), "shop.zip")

    assert [document["key"] for document in package.documents] == ["item"]
    with package.unpacked_samples() as folder:
        assert (folder / "records" / "01_item.csv").read_text() == "ref,name\na,A\n"
    assert codes(zipped(fill)) == {"ignored"}


BAD = {
    "unsafe_name": [
        with_file(name)
        for name in (
            "../x.json",
            "a/../../x.json",
            "/etc/x.json",
            "C:x.json",
            "a\\..\\x.json",
            "a//x.json",
            "x\n.json",
        )
    ],
    "link": [with_file("x.json", "/etc/passwd", stat.S_IFLNK | 0o777), with_file("x.json", "", stat.S_IFIFO)],
    "name_twice": [with_file("entities/ITEM.json"), with_file("formloom.json", MANIFEST)],
    "file_too_large": [with_file("x.json", b" " * (sources.MOST_FILE_BYTES + 1))],
    "no_manifest": [lambda archive: archive.writestr("item.json", ITEM)],
    "unreadable": [with_file("x.json", "{")],
    "not_utf8": [with_file("x.json", b"\xff")],
    "unknown_kind": [with_file("x.json", '{"kind": "spell", "key": "x"}')],
    "twice": [with_file("x.json", ITEM)],
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(("code", "fill"), [(code, fill) for code, many in BAD.items() for fill in many])
def test_a_zip_that_is_not_sound_is_refused(code: str, fill: Fill):
    file = zipped(fill)

    assert code in codes(file)
    with pytest.raises(MetadataError):
        packages.read_zip(file, "shop.zip")


def test_too_many_files_and_too_many_bytes_are_refused_unread(monkeypatch: pytest.MonkeyPatch):
    def crowd(archive: zipfile.ZipFile) -> None:
        sound(archive)
        for number in range(20):
            archive.writestr(f"{number}.json", "{}")

    monkeypatch.setattr(sources, "MOST_FILES", 15)
    assert codes(zipped(crowd)) == {"too_many"}
    monkeypatch.setattr(sources, "MOST_FILES", 5_000)
    monkeypatch.setattr(sources, "MOST_BYTES", 1_000)
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("read"))
    assert codes(zipped(with_file("x.json", b" " * 2_000))) == {"too_large"}


def test_a_member_that_is_longer_than_it_says_is_not_unpacked():
    content = zipped(with_file("x.json", b" " * 3_000_000)).getvalue()
    # The declared length in the table of contents, made small.
    liar = content.replace(struct.pack("<I", 3_000_000), struct.pack("<I", 10))

    assert codes(io.BytesIO(liar)) == {"broken"}


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"no zip at all", b"PK\x03\x04" + b"\0" * 40, b"PK\x05\x06" + b"\0" * 18]
)
def test_what_is_no_zip_is_said_to_be_none(content: bytes):
    assert codes(io.BytesIO(content)) <= {"no_zip", "no_manifest"}
    assert codes(io.BytesIO(content))


def test_an_encrypted_member_is_refused():
    content = bytearray(zipped(sound).getvalue())
    for mark, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = content.rfind(mark)
        content[at + place] |= 1

    assert "encrypted" in codes(io.BytesIO(bytes(content)))


def test_a_package_written_for_a_newer_program_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("formloom.metadata.packages.reading.version", lambda _name: "1.2.0")

    def needing(least: str) -> set[str]:
        manifest = json.dumps({**json.loads(MANIFEST), "formloom": least})
        return codes(zipped(lambda archive: archive.writestr("formloom.json", manifest)))

    assert (needing("1.2"), needing("1.3")) == (set(), {"newer_formloom"})


def test_versions_are_compared_by_their_numbers():
    ordered = ["0.9", "1.0rc1", "1.0", "1.0.1", "1.9", "1.10", "2"]
    assert sorted(reversed(ordered), key=versions.rank) == ordered
    assert versions.rank("1.0") == versions.rank("1") == versions.rank("1.0.0")
    assert [versions.requirement(text) for text in ("crm", "crm>=1.2", "crm >= 2")] == [
        ("crm", ""),
        ("crm", "1.2"),
        ("crm", "2"),
    ]
    assert [versions.next_version(text) for text in ("1", "1.0", "1.0.9")] == ["1.1", "1.1", "1.0.10"]
