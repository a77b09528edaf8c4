"""What is denied changes nothing: after each such request all tables hold what they held."""

import pytest

from tests.surfaces.alike import contents, listed
from tests.surfaces.surfaces import ADMINISTRATION, SURFACES, addresses
from tests.surfaces.world import World

DENIED = {401, 403, 404, 405, 409, 413, 422}


def some(world: World) -> dict[str, dict[str, int]]:
    """A record that is seen and one that is not, and all imports."""
    firms = {name: world.ids["firm"][name] for name in ("near", "mine")}
    return {"firm": firms, "import": world.ids["import"]}


@pytest.mark.parametrize("who", ["clara", "reader", "nina", "stranger"])
def test_who_may_write_nothing_writes_nothing(world: World, who: str):
    principal, before, odd = world.people[who], contents(world), []

    for surface in (*SURFACES, *ADMINISTRATION):
        if surface.method == "GET" or surface.name.endswith(("/aggregate", "/api/v1/exports")):
            continue
        for path in addresses(surface, some(world)):
            for ask in (*surface.asks, *surface.writes):
                answer = principal.ask(surface.method, path, **ask)
                if answer.status_code not in DENIED and "/login" not in answer.headers.get("location", ""):
                    odd.append((surface.name, path, ask, answer.status_code, answer.text[:100]))

    assert not odd, listed(odd)
    assert contents(world) == before


@pytest.mark.parametrize("who", ["rita", "clara", "reader", "rita's program", "nina", "stranger"])
def test_administration_is_for_administrators(world: World, who: str):
    principal, before, odd = world.people[who], contents(world), []
    search = world.search_for(principal)

    for surface in ADMINISTRATION:
        for path in addresses(surface, {}):
            for ask in surface.asks:
                answer = principal.ask(surface.method, path, **ask)
                sent_away = "/login" in answer.headers.get("location", "")
                if search.found(answer.content) or not (sent_away or answer.status_code in DENIED):
                    odd.append((path, answer.status_code))

    assert not odd, listed(odd)
    assert contents(world) == before


@pytest.mark.parametrize("who", ["reader", "deals only", "rita's program"])
def test_a_program_cannot_give_itself_more(world: World, who: str):
    program, before = world.people[who], contents(world)
    form = {"name": "more", "current": "x", "password": "long enough 123", "zone": "UTC", "days": "30"}

    answers = {"look": program.ask("POST", "/me/look", {"lang": "zh"})}
    for path in ("profile", "password", "tokens", "tokens/1/revoke", "sessions/end"):
        answers[path] = program.ask("POST", f"/me/{path}", data=form)

    assert {path: answer.status_code for path, answer in answers.items() if answer.status_code not in DENIED} == {}
    assert contents(world) == before
