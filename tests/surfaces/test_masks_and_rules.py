"""What a mask covers and what rules look at is told nobody who may not see it; who may is told."""

from __future__ import annotations

import pytest

from tests.surfaces.alike import contents, told
from tests.surfaces.documents import CAREFUL, NOWHERE
from tests.surfaces.world import NO_ID, Principal, World

MADE_UP = "nonesuch"


def mark(world: World, where: str) -> str:
    """The mark that stands somewhere."""
    return next(each.forms[0] for each in world.marks.made if each.where == where)


def change(world: World, who: Principal, name: str, **values: object) -> tuple:
    """What somebody is told who changes a firm as it stands."""
    path = f"/api/v1/records/firm/{world.ids['firm'][name]}"
    rev = who.ask("GET", path).json()["rev"]
    return told(who.ask("PATCH", path, {"rev": rev, **values}))


def test_only_who_reveals_reads_what_a_mask_covers(world: World):
    rita, boss, number = world.people["rita"], world.people["boss"], world.ids["firm"]["mine"]
    whole = mark(world, "phone of mine")
    path = f"/api/v1/records/firm/{number}"

    assert rita.ask("GET", path).json()["phone"] == f"{whole[:2]}****{whole[-2:]}"
    assert rita.ask("POST", f"{path}/reveal", {"field": "phone"}).status_code == 403
    assert boss.ask("POST", f"{path}/reveal", {"field": "phone"}).json()["value"] == whole


@pytest.mark.parametrize("parameter", ["{}", "{}__contains", "sort"])
def test_what_a_mask_covers_cannot_be_asked_for(world: World, parameter: str):
    rita, covered = world.people["rita"], mark(world, "phone of mine")

    def asked(field: str) -> tuple:
        given = {"sort": field} if parameter == "sort" else {parameter.format(field): covered}
        return told(rita.ask("GET", "/api/v1/records/firm", params=given), field, MADE_UP)

    assert asked("phone") == asked(MADE_UP)
    assert asked("phone")[0] == 422


def test_a_rule_that_looks_at_what_is_hidden_stops_without_a_reason(world: World):
    rita, boss, before = world.people["rita"], world.people["boss"], contents(world)
    messages = [mark(world, f"label of message of {kind}") for kind in ("error", "warning")]

    stopped = change(world, rita, "near", city=NOWHERE)
    reasoned = change(world, boss, "near", city=NOWHERE)

    assert stopped[0] == reasoned[0] == 422
    assert not any(message in str(stopped) for message in messages)
    assert messages[0] in str(reasoned)
    assert contents(world) == before


def test_a_warning_about_what_is_hidden_is_for_those_who_see_it(world: World):
    rita, boss, number = world.people["rita"], world.people["boss"], world.ids["firm"]["second"]
    message = mark(world, "label of message of warning")

    warned = change(world, boss, "second", city=CAREFUL)
    assert warned[0] == 409 and message in str(warned)
    try:
        kept = change(world, rita, "second", city=CAREFUL)
        assert kept[0] == 200 and message not in str(kept)
    finally:
        rev = boss.ask("GET", f"/api/v1/records/firm/{number}").json()["rev"]
        boss.ask("PATCH", f"/api/v1/records/firm/{number}", {"rev": rev, "city": "Harbin"})


@pytest.mark.parametrize("city", [CAREFUL, NOWHERE])
def test_a_form_that_thinks_along_says_nothing_of_what_is_hidden(world: World, city: str):
    number = world.ids["firm"]["mine"]
    said = {
        login: world.people[login].ask("POST", "/e/firm/compute", data={"_id": str(number), "city": city}).json()
        for login in ("rita", "boss")
    }

    assert not any(said["rita"]["rules"].values())
    assert any(said["boss"]["rules"].values())


@pytest.mark.parametrize("entity, field", [("deal", "firm"), ("firm", "above"), ("firm", "peers")])
def test_a_refused_pick_names_the_field_and_not_whether_the_record_exists(world: World, entity: str, field: str):
    rita, before = world.people["rita"], contents(world)
    [(status, _, there), (_, _, absent)] = [
        told(
            rita.ask("POST", f"/api/v1/records/{entity}", {"name": "x", field: [one] if field == "peers" else one})
        )
        for one in (world.ids["firm"]["far"], NO_ID)
    ]

    assert (status, there) == (422, absent)
    assert f"cannot be chosen as “{field.title()}”" in there
    assert contents(world) == before
