"""A record out of scope answers as one that does not exist, whatever is done to it; so does an entity."""

import pytest

from tests.surfaces.alike import contents, listed, told
from tests.surfaces.surfaces import SURFACES, Surface
from tests.surfaces.world import NO_ID, Principal, World

SEEN = {
    "rita": {"firm": {"near", "mine", "second"}, "deal": {"own", "behind"}, "item": {"mine 0"}},
    "clara": {"firm": {"far", "near", "mine", "second", "given", "blind"}},
    "benno": {"firm": {"blind"}},
    "deals only": {"deal": {"own", "behind"}},
    "reader": {"firm": {"near", "mine", "second"}, "deal": {"own", "behind"}, "item": {"mine 0"}},
    "nina": {},
}


@pytest.mark.parametrize("who", SEEN)
def test_everybody_sees_the_rows_of_his_scope(world: World, who: str):
    principal = world.people[who]
    for entity in ("firm", "deal", "item", "vault", "trace"):
        foreign = set(world.foreign(principal, entity))
        seen = {name for name, number in world.ids[entity].items() if number not in foreign}
        assert seen == SEEN[who].get(entity, set()), entity


@pytest.mark.parametrize("who", ["rita", "clara", "benno", "deals only"])
def test_a_foreign_record_answers_as_one_that_does_not_exist(world: World, who: str):
    principal, before, different = world.people[who], contents(world), []

    for surface in SURFACES:
        if "{id}" in surface.path and ("authorization" not in principal.headers or "/api/" in surface.path):
            for entity in [surface.kind] if surface.kind else ("firm", "deal", "item"):
                different += differences(world, principal, surface, entity)

    assert not different, listed(different)
    assert contents(world) == before


def differences(world: World, who: Principal, surface: Surface, entity: str) -> list[tuple]:
    """Where a record the principal may not know of answers otherwise than one that is not there."""
    found, foreign = [], world.foreign(who, entity)[:4]
    path = surface.path.replace("{entity}", entity).replace("{section}", "main").replace("{number}", "0")
    path = path.replace("{field}", "city").replace("{size}", "small")
    for ask in (*surface.asks, *surface.writes):
        expected = told(who.ask(surface.method, path.replace("{id}", str(NO_ID)), **ask))
        if expected[0] < 400 and "/login" not in expected[1].get("location", "") and "/neighbours" not in path:
            found.append((surface.name, entity, ask, expected[0], "is answered"))
        for number in foreign:
            there, nowhere = path.replace("{id}", str(number)), path.replace("{id}", str(NO_ID))
            answer = told(who.ask(surface.method, there, **ask), there, nowhere)
            if answer != expected:
                found.append((surface.name, entity, number, ask, answer[0], answer[2][-200:], expected[0]))
    return found


@pytest.mark.parametrize("who", ["rita", "nina", "deals only"])
def test_a_foreign_entity_answers_as_one_that_does_not_exist(world: World, who: str):
    principal, different = world.people[who], []

    for surface in SURFACES:
        if "{entity}" not in surface.path or "authorization" in principal.headers and "/api/" not in surface.path:
            continue
        path = surface.path.replace("{id}", "1").replace("{section}", "main").replace("{number}", "0")
        for ask in (*surface.asks, *surface.writes):
            vault = told(principal.ask(surface.method, path.replace("{entity}", "vault"), **ask), "vault", "noent")
            nothing = told(principal.ask(surface.method, path.replace("{entity}", "noent"), **ask))
            if vault != nothing:
                different.append((surface.name, ask, vault[0], nothing[0]))

    assert not different, listed(different)


def test_a_reference_to_a_foreign_record_is_refused_as_one_to_nothing(world: World):
    rita, far = world.people["rita"], world.ids["firm"]["far"]
    before = contents(world)
    calls = (
        ("POST", "/api/v1/records/deal", lambda number: {"json": {"name": "x", "firm": number}}),
        ("POST", "/api/v1/records/firm", lambda number: {"json": {"name": "x", "above": number}}),
        ("PATCH", "/api/v1/records/deal/1", lambda number: {"json": {"rev": 4, "firm": number}}),
        ("POST", "/e/deal", lambda number: {"data": {"name": "x", "firm": str(number)}}),
        ("GET", "/e/deal/new", lambda number: {"params": {"firm": number}}),
        ("GET", "/e/hint/new", lambda number: {"params": {"firm": number}}),
        ("GET", "/pick/firm", lambda number: {"params": {"ids": number}}),
        ("GET", "/api/v1/records/deal", lambda number: {"params": {"firm.id": number}}),
    )

    different = []
    for method, path, ask in calls:
        foreign = told(rita.ask(method, path, **ask(far)))
        nothing = told(rita.ask(method, path, **ask(NO_ID)), str(NO_ID), str(far))
        if foreign != nothing:
            unlike = [
                pair
                for pair in zip(foreign[2].split("\n"), nothing[2].split("\n"), strict=False)
                if pair[0] != pair[1]
            ]
            different.append((method, path, foreign[0], nothing[0], unlike[:2]))

    assert not different, listed(different)
    assert contents(world) == before
