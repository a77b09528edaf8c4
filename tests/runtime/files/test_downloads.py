"""Downloads: who gets a file, in what parts, and that nobody else learns that it is there."""

import io

import pytest
from obstore.store import MemoryStore
from PIL import Image

from formloom.runtime.files.objects import ObjectStore
from tests.runtime.files.studio import job, picture, uploaded
from tests.runtime.world import Program

NOWHERE = 2**52 + 11


def addresses(file_id: int) -> tuple[str, ...]:
    return f"/files/{file_id}/x", f"/thumbnails/{file_id}/small", f"/api/v1/files/{file_id}"


def told(visitor, path: str) -> tuple:
    answer = visitor.get(path)
    own = {name: v for name, v in answer.headers.items() if name not in ("x-request-id", "content-length", "date")}
    text = answer.text.replace(answer.headers["x-request-id"], "")
    return answer.status_code, own, text


@pytest.fixture
def secret(sally, boss) -> int:
    """A picture in the hidden field of a job of Sally's."""
    record = job(sally)
    found = uploaded(boss, picture(), "a.png")
    answer = boss.api("PATCH", f"/records/job/{record['id']}", {"rev": record["rev"], "secret": [found]})
    assert answer.status_code == 200, answer.text
    return found


def test_a_file_nobody_else_may_have_answers_as_one_that_is_not_there(sally, simon, boss, secret):
    loose = uploaded(sally, picture(), "a.png")
    attached = uploaded(sally, picture(), "a.png")
    line = uploaded(sally, picture(), "a.png")
    job(sally, photos=[attached], lines=[{"what": "x", "photo": [line]}])
    cases = [(simon, each) for each in (loose, attached, line, secret)] + [(sally, secret), (boss, loose)]
    clara = sally.another().sign_in("clara")
    cases += [(clara, attached), (clara, line)]

    for who, number in cases:
        expected = [told(who, path) for path in addresses(NOWHERE)]
        assert [told(who, path) for path in addresses(number)] == expected, number
        assert {each[0] for each in expected} == {404}
    for number in (loose, attached, line):
        assert [sally.get(path).status_code for path in addresses(number)] == [200, 200, 200]
    assert boss.get(addresses(secret)[0]).status_code == 200


def test_rights_are_those_of_the_moment(sally, simon, boss):
    photo = uploaded(sally, picture(), "a.png")
    record = job(sally, photos=[photo])
    with sally.site.database.reading() as conn:
        from formloom.rbac import accounts

        him = accounts.find(conn, "simon")

    answer = boss.api("PATCH", f"/records/job/{record['id']}", {"rev": record["rev"], "owner": him})
    assert answer.status_code == 200, answer.text

    assert [sally.get(path).status_code for path in addresses(photo)] == [404, 404, 404]
    assert [simon.get(path).status_code for path in addresses(photo)] == [200, 200, 200]


def test_programs_have_files_under_the_limits_of_their_tokens(sally):
    photo = uploaded(sally, picture(), "a.png")
    job(sally, photos=[photo])
    whole, elsewhere = Program(sally, "sally"), Program(sally, "sally", {"entities": ["company"]})

    assert whole.call("GET", f"/files/{photo}").status_code == 200
    assert elsewhere.call("GET", f"/files/{photo}").status_code == 404
    headers = {"authorization": f"Bearer {whole.secret}"}
    assert whole.http.get(f"/api/v1/files/{photo}/content", headers=headers).content == picture()


@pytest.mark.parametrize("odd", ["0", "-1", "1e3", "01", "x", "9" * 30, "%00", "1 OR 1=1"])
@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_addresses_of_nothing_are_not_found(sally, odd):
    assert {sally.get(path).status_code for path in (f"/files/{odd}/x", f"/thumbnails/{odd}/small")} == {404}


def test_parts_are_given_where_they_are_asked_for(sally):
    content = bytes(range(256)) * 4
    path = f"/files/{uploaded(sally, content, 'a.bin')}/a.bin"
    whole = sally.get(path)
    tag = whole.headers["etag"]

    def part(text: str, **more: str):
        return sally.get(path, headers={"range": text, **more})

    assert whole.headers["accept-ranges"] == "bytes"
    for asked, expected in (
        ("bytes=0-9", content[:10]),
        ("bytes=1000-", content[1000:]),
        ("bytes=-5", content[-5:]),
        ("bytes=1020-9999", content[1020:]),
        ("bytes=-9999", content),
    ):
        answer = part(asked)
        assert (answer.content, answer.status_code) == (expected, 200 if expected == content else 206)
    assert part("bytes=0-9").headers["content-range"] == "bytes 0-9/1024"
    for asked in ("bytes=5-2", "bytes=2000-", "bytes=-0"):
        assert part(asked).status_code == 416
    for asked in ("bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes=x-y"):
        assert part(asked).status_code == 200
    assert part("bytes=0-9", **{"if-range": tag}).status_code == 206
    assert part("bytes=0-9", **{"if-range": '"other"'}).status_code == 200
    same = sally.get(path, headers={"if-none-match": tag})
    assert (same.status_code, same.content) == (304, b"")
    head = sally.http.head(path)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "1024")


def test_thumbnails_are_small_upright_and_carry_no_notes(sally):
    notes = Image.Exif()
    notes[0x0112] = 6
    notes[0x8825] = {1: "N", 2: (31.0, 14.0, 0.0)}
    photo = uploaded(sally, picture(3000, 2000, "JPEG", exif=notes), "a.jpg")

    told = sally.api("GET", f"/files/{photo}").json()
    small = Image.open(io.BytesIO(sally.get(f"/thumbnails/{photo}/small").content))
    answer = sally.get(f"/thumbnails/{photo}/large")
    large = Image.open(io.BytesIO(answer.content))

    assert (told["width"], told["height"]) == (2000, 3000)
    assert (small.size, large.size) == ((128, 192), (1067, 1600))
    assert (dict(small.getexif()), dict(large.getexif())) == ({}, {})
    assert (answer.headers["content-type"], small.format) == ("image/webp", "WEBP")
    assert answer.headers["content-disposition"].startswith("inline")
    assert sally.get(f"/thumbnails/{photo}/huge").status_code == 404


def test_a_thumbnail_is_made_once(sally, monkeypatch):
    from formloom.runtime.files import pictures

    photo = uploaded(sally, picture(), "a.png")
    first = sally.get(f"/thumbnails/{photo}/large").content
    monkeypatch.setattr(pictures, "_made", lambda *given: 1 / 0)

    assert sally.get(f"/thumbnails/{photo}/large").content == first


def test_what_is_no_picture_has_no_thumbnail(sally):
    cut = uploaded(sally, picture()[:60], "cut.png")
    text = uploaded(sally, b"hello", "a.txt")

    assert {sally.get(f"/thumbnails/{each}/small").status_code for each in (cut, text)} == {404}
    assert sally.get(f"/files/{cut}/x").headers["content-disposition"].startswith("attachment")


def test_a_content_that_is_gone_is_not_found(sally):
    own = uploaded(sally, b"hello", "a.txt")
    [key] = [key for key, _ in sally.site.files.keys("files")]
    sally.site.files.delete(key)

    assert sally.get(f"/files/{own}/a.txt").status_code == 404


def test_a_site_with_a_bucket_serves_from_it(sally):
    sally.site.files = ObjectStore(MemoryStore())
    photo = uploaded(sally, picture(900, 600), "a.png")
    job(sally, photos=[photo])

    whole = sally.get(f"/files/{photo}/a.png")
    part = sally.get(f"/files/{photo}/a.png", headers={"range": "bytes=1-3"})

    assert whole.content == picture(900, 600)
    assert (part.status_code, part.content) == (206, b"PNG")
    assert {sally.get(f"/thumbnails/{photo}/{size}").status_code for size in ("small", "large")} == {200}
    assert not (sally.site.settings.data_dir / "files").exists()


def test_a_picture_of_thousands_of_frames_is_looked_at_once(sally):
    target = io.BytesIO()
    frames = [Image.new("P", (2, 2), n % 200) for n in range(2_000)]
    frames[0].save(target, "GIF", save_all=True, append_images=frames[1:])

    own = uploaded(sally, target.getvalue(), "film.gif")

    assert sally.get(f"/thumbnails/{own}/large").headers["content-type"] == "image/webp"
