"""Uploads: what is kept of them, what is refused, and that nothing is left of what was refused."""

import io
import struct
import threading
import zipfile
from pathlib import Path
from zlib import crc32

import pytest
import sqlalchemy as sa

from formloom.runtime.files import store, uploading
from formloom.runtime.files.naming import clean_name, disposition
from formloom.runtime.files.tables import files
from tests.runtime.files.studio import codes, picture, send, uploaded
from tests.runtime.world import Program


def rows(visitor) -> int:
    with visitor.site.database.reading() as conn:
        return conn.scalar(sa.select(sa.func.count()).select_from(files))


def kept(visitor) -> list[Path]:
    folder = visitor.site.settings.data_dir
    return sorted(
        path for name in ("files", "thumbnails") for path in (folder / name).rglob("*") if path.is_file()
    )


def test_an_upload_is_told_with_its_name_size_kind_and_address(sally):
    answer = send(sally, picture(40, 30), "现场 照片.png")

    told = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/files/{told['id']}"
    assert told["id"] > 2**40
    assert (told["name"], told["type"], told["width"], told["height"]) == ("现场 照片.png", "image/png", 40, 30)
    assert told["thumbnail"] == f"/thumbnails/{told['id']}/small"
    assert sally.get(told["url"]).content == picture(40, 30)
    assert sally.api("GET", f"/files/{told['id']}").json() == told


def test_the_same_content_twice_is_two_uploads_and_one_content(sally):
    first, second = uploaded(sally, b"%PDF-1 same", "a.pdf"), uploaded(sally, b"%PDF-1 same", "b.pdf")

    assert first != second
    assert len(kept(sally)) == 1
    assert (
        sally.get(f"/files/{second}/x").headers["content-disposition"].startswith('attachment; filename="b.pdf"')
    )


def test_the_same_content_sent_at_once_is_kept_once(tmp_path):
    keeper, content = store.LocalStore(tmp_path), b"x" * 3_000_000
    sha256, _ = store.hash_of(io.BytesIO(content))
    threads = [
        threading.Thread(target=keeper.write, args=(store.key_of(sha256), io.BytesIO(content))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [key for key, _ in keeper.keys("files")] == [store.key_of(sha256)]
    assert b"".join(keeper.read(store.key_of(sha256))) == content


def of_archive(*members: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            archive.writestr(member, "x")
    return target.getvalue()


def flood(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is huge."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", crc32(b"IHDR" + head))


CONTENTS = {
    "a.png": (picture(), "image/png"),
    "a.jpg": (picture(kind="JPEG"), "image/jpeg"),
    "a.gif": (picture(kind="GIF"), "image/gif"),
    "a.webp": (picture(kind="WEBP"), "image/webp"),
    "a.bmp": (picture(kind="BMP"), "image/bmp"),
    "a.pdf": (b"%PDF-1.7 ...", "application/pdf"),
    "a.xlsx": (of_archive("xl/workbook.xml"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "a.zip": (of_archive("a.txt"), "application/zip"),
    "cut.zip": (b"PK\x03\x04 and no more", "application/octet-stream"),
    "a.txt": ("你好".encode(), "text/plain"),
    "gbk.txt": ("你好，世界".encode("gb18030"), "text/plain"),
    "a.doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "application/x-ole-storage"),
    "a.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "application/octet-stream"),
    "a.html": (b"<!DOCTYPE html><script>alert(1)</script>", "application/octet-stream"),
    "quiet.html": (b"hello <script>alert(1)</script>", "application/octet-stream"),
    "a.xml": (b"<?xml version='1.0'?><a/>", "application/octet-stream"),
    "a.js": (b"alert(1)", "text/plain"),
    "photo.png": (b"<html><script>alert(1)</script>", "application/octet-stream"),
    "polyglot.gif": (b"GIF89a/*" + b"\0" * 40 + b"*/=1;alert(1)", "image/gif"),
    "a.exe": (b"MZ\x90\0", "application/x-msdownload"),
    ".htaccess": (b"deny from all", "text/plain"),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_the_kind_is_what_the_bytes_say_and_nothing_in_them_can_run(sally, name):
    content, media_type = CONTENTS[name]

    told = send(sally, content, name).json()
    answer = sally.get(told["url"])

    assert told["type"] == media_type
    assert answer.content == content
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert "private" in answer.headers["cache-control"]
    shown = name in ("a.png", "a.jpg", "a.gif", "a.webp")
    assert answer.headers["content-disposition"].startswith("inline" if shown else "attachment")
    assert sally.get(told["url"] + "?download=1").headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"].partition(";")[0] == media_type


NAMES = {
    "../../etc/passwd": "passwd.pdf",
    "C:\\Users\\x\\quote.pdf": "quote.pdf",
    "a\nb\r\x00.pdf": "a_b__.pdf",
    "\u202efdp.exe": "fdp.exe",
    '"; filename=evil.exe': "_; filename=evil.exe",
    "报价🙂.pdf": "报价🙂.pdf",
    "e\u0301.pdf": "é.pdf",
    "CON": "CON.pdf",
    "trailing. . .": "trailing.pdf",
    "...": "file.pdf",
    "a" * 500 + ".pdf": "a" * 176 + ".pdf",
}


@pytest.mark.parametrize("given", NAMES, ids=lambda name: ascii(name)[:20])
def test_names_are_shown_without_what_harms(given):
    cleaned = clean_name(given, "application/pdf")

    assert cleaned == NAMES[given]
    assert disposition(cleaned, "attachment").isascii()
    assert len(clean_name("🙂" * 500 + ".pdf", "application/pdf").encode()) <= 255


def test_an_empty_file_is_refused(sally):
    answer = send(sally, b"", "empty.pdf")

    assert (answer.status_code, answer.json()["code"]) == (422, "empty_file")
    assert "empty.pdf" in answer.json()["detail"]
    assert (rows(sally), kept(sally)) == (0, [])


def test_what_a_field_does_not_take_is_refused_before_it_is_kept(sally):
    cases = (
        (b"x" * 20_001, "a.txt", "papers", "file_too_large"),
        (b"%PDF-1", "a.pdf", "sheet", "file_kind"),
        (picture(), "sheet.xlsx", "sheet", "file_kind"),
        (b"%PDF-1", "a.png", "photos", "not_a_picture"),
        (picture()[:60], "cut.png", "photos", "not_a_picture"),
        (flood(50_000, 50_000), "flood.png", "photos", "not_a_picture"),
        (picture(kind="BMP"), "a.bmp", "photos", "not_a_picture"),
        (picture(kind="JPEG"), "a.png", "signed", "not_a_signature"),
        (picture(3000, 20), "a.png", "signed", "not_a_signature"),
    )

    found = [codes(send(sally, content, name, entity="job", field=key)) for content, name, key, _ in cases]

    assert found == [{key: code} for _, _, key, code in cases]
    assert (rows(sally), kept(sally)) == (0, [])


def test_any_content_may_have_an_ending_nobody_knows(sally):
    assert send(sally, b"AC1032", "plan.DWG", entity="job", field="sheet").status_code == 201


def test_only_who_may_fill_a_field_of_files_may_upload(sally):
    clara = sally.another().sign_in("clara")
    reader = Program(sally, "sally", {"read_only": True})

    assert send(clara, b"x").status_code == 403
    assert reader.call("POST", "/files", files={"file": ("a.txt", b"x")}).status_code == 403
    assert send(clara, b"x", entity="job", field="papers").status_code == 404
    hidden, unknown = (send(sally, b"x", entity="job", field=key) for key in ("secret", "nothing"))
    assert (hidden.status_code, hidden.json()["code"]) == (422, "unknown_field")
    assert hidden.json()["detail"].replace("secret", "nothing") == unknown.json()["detail"]
    assert send(sally.another(), b"x").status_code in (401, 403)
    assert (rows(sally), kept(sally)) == (0, [])


def test_an_upload_needs_one_file_and_known_names(sally):
    nothing = sally.api("POST", "/files", data={"entity": "job"}, files={"other": ("a", b"x")})
    two = sally.api("POST", "/files", files=[("file", ("a", b"x")), ("file", ("b", b"y"))])
    half = sally.api("POST", "/files", files={"file": ("a", b"x")}, data={"entity": "job"})

    assert [each.status_code for each in (nothing, two, half)] == [422, 422, 422]
    assert rows(sally) == 0


def test_more_than_one_person_may_leave_about_is_refused(sally, monkeypatch):
    object.__setattr__(sally.site.settings, "files_loose_limit", 1000)
    uploaded(sally, b"x" * 900, "a.txt")

    answer = send(sally, b"y" * 200, "b.txt")

    assert (answer.status_code, answer.json()["code"]) == (507, "quota_full")
    assert rows(sally) == len(kept(sally)) == 1


def test_beyond_the_limit_of_the_site_is_refused(sally):
    object.__setattr__(sally.site.settings, "upload_limit", 1000)

    assert send(sally, b"x" * 2000).status_code == 413
    assert rows(sally) == 0


def test_a_body_cut_short_leaves_nothing(sally):
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhalf of it'
    headers = {"content-type": "multipart/form-data; boundary=b"}

    answer = sally.api("POST", "/files", content=body, headers=headers)

    assert answer.status_code == 400
    assert (rows(sally), kept(sally)) == (0, [])


def test_a_full_disk_is_told_and_leaves_nothing(sally, monkeypatch):
    def full(path, source):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "_write_through", full)
    answer = send(sally, b"%PDF-1", "a.pdf")
    monkeypatch.undo()

    assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
    assert (rows(sally), kept(sally)) == (0, [])
    assert send(sally, b"%PDF-1", "a.pdf").status_code == 201


def test_a_disk_that_is_full_while_an_upload_comes_is_told(sally, monkeypatch):
    async def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("starlette.datastructures.UploadFile.write", full)

    assert send(sally, b"x" * 3_000_000, "a.txt").status_code == 507


def test_a_process_that_dies_before_the_row_is_written_leaves_no_row(sally, monkeypatch):
    monkeypatch.setattr(uploading, "_hold_sweep", lambda conn: 1 / 0)

    assert send(sally, b"%PDF-1", "a.pdf").status_code == 500
    assert rows(sally) == 0
    assert len(kept(sally)) == 1
