"""No mark of what is hidden is in any byte of any answer, whoever asks whatever surface."""

import base64
from datetime import date
from urllib.parse import quote

import pytest

from tests.surfaces.alike import listed
from tests.surfaces.marks import Marks
from tests.surfaces.surfaces import SURFACES, addresses
from tests.surfaces.world import World, workbook

FULLY = ("rita", "clara", "benno")
SKIPPED = ("second", "lost", "near 0", "far 0")
"""Records like others, left out of the many."""

READING = ("ralph", "deals only", "nina")


@pytest.mark.parametrize("who", [*FULLY, *READING])
def test_no_answer_has_a_mark_its_reader_may_not_see(world: World, who: str):
    principal = world.people[who]
    search = world.search_for(principal)
    ids = {entity: {n: i for n, i in found.items() if n not in SKIPPED} for entity, found in world.ids.items()}
    leaks: list[tuple[str, ...]] = []
    asked = 0

    for surface in SURFACES:
        screen = not surface.path.startswith("/api/")
        if who in READING and (surface.method != "GET" or screen and "authorization" in principal.headers):
            continue
        for path in addresses(surface, ids):
            for ask in surface.asks:
                answer = principal.ask(surface.method, path, **ask)
                asked += 1
                head = " ".join(f"{name}: {value}" for name, value in answer.headers.items()).encode()
                found = search.found(answer.content + head) | (
                    {"a defect"} if answer.status_code >= 500 else set()
                )
                leaks += [(mark, surface.method, path, str(ask)) for mark in found]

    assert not leaks, listed(leaks)
    assert asked > 100


def test_marks_are_found_however_they_stand():
    marks = Marks()
    word, number, day = marks.word("word", "ann"), marks.number("number", "ann"), marks.day("day", "ann")
    search, hers = marks.search_for("bob"), marks.search_for("ann")
    text = f"<b>{word}</b> {number:,}.00 {day}"
    packed = workbook(["Name", number], [word, date.fromisoformat(day)])

    for found in (text.encode(), text.encode("utf-16"), base64.urlsafe_b64encode(text.encode()), packed):
        assert search.found(b"before " * (found[:2] != b"PK") + found) == {"word", "number", "day"}
        assert hers.found(found) == set()
    assert search.found(quote(word.replace("zq", "%7Aq"), safe="%").encode()) == {"word"}
