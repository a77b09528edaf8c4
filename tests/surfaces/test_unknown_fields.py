"""Who mentions a field he may not see is told what he would be told of one that does not exist."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.surfaces.alike import contents, listed, told
from tests.surfaces.asks import MAPPED, Ask, filled
from tests.surfaces.surfaces import SURFACES
from tests.surfaces.world import Principal, World

TRIED = ("secret", "secret_no", "secret_kind", "secret_link", "traces", "score", "spent")
"""Hidden fields of each nature: entered, chosen, pointing elsewhere, lines, computed from what is hidden."""

CLEARLY = ("budget", "lines", "above", "margin")
"""Fields that only the clerk does not see."""


def made_up(field: str) -> str:
    """A name of the same length that no field has."""
    return ("unheard_of_" * 5)[: len(field)].rstrip("_").ljust(len(field), "x")


def fields_for(ask: Ask, fields: tuple[str, ...]) -> tuple[str, ...]:
    """The fields to try: all, but only one with each operator."""
    return fields[:1] if "is_" in (text := str(ask)) or "op" in text and "name" not in text else fields


def mentions(world: World, who: Principal) -> Iterator[tuple[str, str, Ask]]:
    """(method, path, ask) of all requests that mention a field of a firm."""
    number = str(world.ids["firm"]["blind" if who.login == "benno" else "mine"])
    for surface in SURFACES:
        if "authorization" in who.headers and not surface.path.startswith("/api/"):
            continue
        path = surface.path.replace("{entity}", "firm").replace("{id}", number).replace("{section}", "main")
        for ask in surface.mentions:
            yield surface.method, path, ask


@pytest.mark.parametrize(
    ("who", "fields"),
    [("rita", TRIED), ("rita's program", ("secret", "score", "traces")), ("clara", CLEARLY)],
)
def test_a_hidden_field_answers_as_one_that_does_not_exist(world: World, who: str, fields: tuple[str, ...]):
    principal, before, different = world.people[who], contents(world), []

    for method, path, ask in mentions(world, principal):
        for field in fields_for(ask, fields):
            difference = differs(principal, (method, path, ask), field)
            if difference:
                different.append(difference)

    assert not different, listed(different)
    assert contents(world) == before


def differs(who: Principal, call: tuple[str, str, Ask], field: str) -> Any:
    """The two answers, where the one to a mention of the field is not that to a made-up name."""
    method, path, ask = call
    other = made_up(field)
    hidden = told(who.ask(method, path, **filled(ask, field)))
    unknown = told(who.ask(method, path, **filled(ask, other)), other, field)
    if hidden == unknown and (hidden[0] >= 400 or _is_ignored(path, ask)):
        return None
    return method, path, filled(ask, field), hidden[0], hidden[2][:300], unknown[0], unknown[2][:300]


def _is_ignored(path: str, ask: Ask) -> bool:
    """Whether unknown names are passed over here, where nothing is saved."""
    return path.endswith(("/neighbours", "/compute")) or "_table" in str(ask)


def test_who_may_fill_in_a_field_still_cannot_ask_for_it(world: World):
    benno, before, different = world.people["benno"], contents(world), []

    for method, path, ask in mentions(world, benno):
        creates = path in ("/api/v1/records/firm", "/e/firm", "/e/firm/new", "/e/firm/compute", "/pick/firm")
        if creates and (method == "POST" or "/api/" not in path) or "_table" in str(ask):
            continue
        for field in fields_for(ask, ("secret", "secret_no", "lines")):
            difference = differs(benno, (method, path, ask), field)
            if difference:
                different.append(difference)

    assert not different, listed(different)
    assert contents(world) == before


@pytest.mark.parametrize("field", ["secret", "secret_no", "secret_link", "traces", "score"])
def test_columns_of_a_sheet_are_not_imported_into_hidden_fields(world: World, field: str):
    rita = world.people["rita"]

    for ask in MAPPED:
        assert outcome(world, rita, filled(ask, field)) == outcome(world, rita, filled(ask, made_up(field)), field)


def outcome(world: World, who: Principal, ask: Ask, instead: str = "") -> tuple[int, str, Any]:
    """What becomes of an import: its answer, its end, its error; `instead` stands for the name asked for."""
    staged = who.ask("POST", "/api/v1/imports", **ask)
    if staged.status_code >= 400:
        return staged.status_code, "", staged.json()["code"]
    path = f"/api/v1/imports/{staged.json()['id']}"
    applied = who.ask("POST", f"{path}/apply", {})
    world.work()
    found = who.ask("GET", path).json()
    error = str(found["error"]).replace(made_up(instead), instead) if instead else str(found["error"])
    return applied.status_code, found["state"], error
