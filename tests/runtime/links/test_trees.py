"""Records below each other: no circles on any way, branches in filters, roll-ups of a whole branch."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from formloom.metadata.database import Database
from formloom.runtime.records import Records
from formloom.runtime.records.listrequest import ListRequest
from tests.runtime.links.shop import records
from tests.runtime.records.office import refused


def plant(door: Records) -> dict[str, int]:
    """All > (Food > (Fruit > Apples), Tools)."""
    ids: dict[str, int] = {}
    for name, above in (("All", None), ("Food", "All"), ("Fruit", "Food"), ("Apples", "Fruit"), ("Tools", "All")):
        ids[name] = door.create("category", {"name": name, "parent": ids.get(above or "")})
    return ids


def found(door: Records, entity: str, raw: dict[str, Any]) -> list[str]:
    request = ListRequest(entity, ("name",), filter=raw, sort=("id",))
    return [row["name"] for row in door.list(request).items]


def test_nothing_is_put_below_itself(shop: Database) -> None:
    with shop.writing() as conn:
        door = records(conn)
        ids = plant(door)
        for record, above in (("All", "Apples"), ("Food", "Food"), ("Food", "Fruit")):
            code, fields = refused(lambda r=record, a=above: door.update("category", ids[r], {"parent": ids[a]}))
            assert (code, fields) == ("validation_failed", {"parent": "circular_reference"})
        door.update("category", ids["Fruit"], {"parent": ids["Tools"]})


def test_moves_of_one_batch_are_judged_together(shop: Database) -> None:
    with shop.writing() as conn:
        door = records(conn)
        ids = plant(door)
        pair = [ids["Food"], ids["Tools"]]
        code, fields = refused(lambda: door.update_many("category", pair, {"parent": [ids["Tools"], ids["Food"]]}))
        assert (code, sorted(fields.values())) == ("validation_failed", ["circular_reference"] * 2)
        # Apples goes up to the root and the root below Apples: each move alone would close the circle.
        both = [ids["Apples"], ids["All"]]
        door.update_many("category", both, {"parent": [None, ids["Apples"]]})
        assert door.get("category", ids["All"])["above"] == "Apples"


def test_two_who_move_at_the_same_time_close_no_circle(shop: Database) -> None:
    with shop.writing() as conn:
        ids = plant(records(conn))
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def move(record: str, above: str) -> None:
        start.wait()
        try:
            with shop.writing() as conn:
                records(conn).update("category", ids[record], {"parent": ids[above]})
            outcomes.append("moved")
        except Exception as error:  # noqa: BLE001  (whatever it is, it is told)
            outcomes.append(getattr(error, "code", repr(error)))

    both = [threading.Thread(target=move, args=pair) for pair in (("Food", "Tools"), ("Tools", "Food"))]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(outcomes) == ["moved", "validation_failed"]


BRANCHES = [
    ({"field": "category", "op": "in_branch", "value": "Food"}, ["bread", "apple"]),
    ({"field": "category", "op": "in_branch", "value": ["Apples", "Tools"]}, ["apple", "saw"]),
    ({"field": "category", "op": "not_in_branch", "value": "Food"}, ["saw", "thing", "none"]),
    ({"not": {"field": "category", "op": "in_branch", "value": "All"}}, ["none"]),
]


@pytest.mark.parametrize(("raw", "expected"), BRANCHES, ids=str)
def test_a_branch_is_a_record_and_all_below_it(shop: Database, raw: Any, expected: list[str]) -> None:
    with shop.writing() as conn:
        door = records(conn)
        ids = plant(door)
        places = {"bread": "Food", "apple": "Apples", "saw": "Tools", "thing": "All", "none": ""}
        for name, category in places.items():
            door.create("product", {"name": name, "category": ids.get(category)})
        assert found(door, "product", with_ids(raw, ids)) == expected


def with_ids(raw: Any, ids: dict[str, int]) -> Any:
    if isinstance(raw, str):
        return ids.get(raw, raw)
    if isinstance(raw, list):
        return [with_ids(item, ids) for item in raw]
    return (
        {k: v if k in ("field", "op") else with_ids(v, ids) for k, v in raw.items()}
        if isinstance(raw, dict)
        else raw
    )


def test_branches_are_asked_of_the_tree_itself_and_behind_paths(shop: Database) -> None:
    with shop.writing() as conn:
        door = records(conn)
        ids = plant(door)
        below = {"field": "parent", "op": "in_branch", "value": ids["Food"]}
        assert found(door, "category", below) == ["Fruit", "Apples"]
        itself = {"field": "id", "op": "in_branch", "value": ids["Food"]}
        assert refused(lambda: found(door, "category", itself))[0] == "bad_filter"
        assert refused(lambda: found(door, "product", {"field": "maker", "op": "in_branch", "value": 1}))[0] == (
            "bad_filter"
        )


def test_a_branch_does_not_reach_through_what_is_hidden(shop: Database) -> None:
    with shop.writing() as conn:
        door = records(conn)
        top = door.create("category", {"name": "Top"})
        hidden = door.create("category", {"name": "Hidden", "parent": top})
        low = door.create("category", {"name": "Low", "parent": hidden})
        for name, category in (("p", top), ("q", hidden), ("r", low)):
            door.create("product", {"name": name, "category": category})
        ann = records(conn, "ann")
        assert found(door, "product", {"field": "category", "op": "in_branch", "value": top}) == ["p", "q", "r"]
        assert found(ann, "product", {"field": "category", "op": "in_branch", "value": top}) == ["p"]
        assert found(ann, "product", {"field": "category", "op": "in_branch", "value": hidden}) == []
        assert found(ann, "product", {"field": "category", "op": "in_branch", "value": 999}) == []


def test_roll_ups_of_a_branch_take_in_everything_below(shop: Database) -> None:
    with shop.writing() as conn:
        door = records(conn)
        ids = plant(door)
        bread = door.create("product", {"name": "bread", "category": ids["Food"], "price": "2"})
        door.create("product", {"name": "apple", "category": ids["Apples"], "price": "3"})

        def counts() -> dict[str, int]:
            return {name: door.get("category", one)["products"] for name, one in ids.items()}

        assert counts() == {"All": 2, "Food": 2, "Fruit": 1, "Apples": 1, "Tools": 0}
        assert door.get("category", ids["All"])["kinds"] == 4
        door.update("category", ids["Fruit"], {"parent": ids["Tools"]})
        assert counts() == {"All": 2, "Food": 1, "Fruit": 1, "Apples": 1, "Tools": 1}
        door.update("product", bread, {"category": ids["Apples"]})
        assert counts() == {"All": 2, "Food": 0, "Fruit": 2, "Apples": 2, "Tools": 2}
        door.delete("product", bread)
        door.update("category", ids["Fruit"], {"parent": None})
        assert counts() == {"All": 0, "Food": 0, "Fruit": 1, "Apples": 1, "Tools": 0}
