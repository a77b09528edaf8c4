"""Tables of links come and go with their fields, and the ids in the columns outlive them."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from formloom.metadata import changesets
from formloom.metadata.catalog import build
from formloom.metadata.changesets import Edit
from formloom.metadata.database import Database
from formloom.metadata.drift import drift
from formloom.metadata.plan import plan
from tests.metadata.sample import add, applied, catalog_of, column, entity, field, problems

FIRM = entity("firm")
SHOP = entity("shop", field("firms", "multi_relation", target="firm"))
SINGLE = entity("shop", field("firms", "relation", target="firm"))


def steps(before: list[Any], after: list[Any]) -> list[str]:
    return [step.name() for step in plan(build(before), build(after)).steps]


def links(database: Database, entity: str = "shop", key: str = "firms") -> list[tuple[int, ...]]:
    with database.reading() as conn:
        return sorted(tuple(row) for row in conn.execute(sa.select(catalog_of(database).links[entity, key])))


def healthy(database: Database) -> bool:
    with database.reading() as conn:
        return drift(conn, catalog_of(database)) == []


def filled(database: Database) -> list[int]:
    applied(database, FIRM, SHOP)
    firms = add(database, "firm", {"name": "A"}, {"name": "B, C"}, {"name": "D"})
    (shop,) = add(database, "shop", {"name": "S", "firms": (firms[1], firms[0])})
    catalog = catalog_of(database)
    with database.writing() as conn:
        rows = [{"source": shop, "target": one, "position": n} for n, one in enumerate((firms[1], firms[0]))]
        conn.execute(sa.insert(catalog.links["shop", "firms"]), rows)
    return firms


def test_links_are_made_and_dropped_with_their_field():
    bare = entity("shop")
    assert steps([FIRM, bare], [FIRM, SHOP]) == ["add_column", "add_links"]
    assert steps([FIRM, SHOP], [FIRM, bare]) == ["drop_links", "shadow_column"]
    assert steps([FIRM], [FIRM, SHOP]) == ["create_table", "add_foreign_keys", "add_links"]
    assert steps([FIRM, SHOP], [FIRM]) == ["drop_foreign_key", "drop_links", "shadow_table"]


def test_a_removed_field_comes_back_with_its_values_and_links(database: Database):
    filled(database)
    kept = (column(database, "shop", "firms"), links(database))
    gone = applied(database, entity("shop"), allow_destructive=True)
    assert healthy(database)
    changesets.revert(database, gone.number, "tester")
    assert (column(database, "shop", "firms"), links(database)) == kept
    assert healthy(database) and problems(database) == []


def test_a_removed_entity_comes_back_with_its_links(database: Database):
    filled(database)
    kept = (column(database, "shop", "firms"), links(database))
    gone = changesets.apply(database, [Edit("delete", "entity", "shop")], "tester", allow_destructive=True)
    assert healthy(database)
    changesets.revert(database, gone.number, "tester")
    assert (column(database, "shop", "firms"), links(database)) == kept
    assert healthy(database) and problems(database) == []


def test_a_field_of_another_target_starts_anew_and_goes_back(database: Database):
    filled(database)
    kept = (column(database, "shop", "firms"), links(database))
    other = entity("shop", field("firms", "multi_relation", target="shop"))
    changed = applied(database, other, allow_destructive=True)
    assert column(database, "shop", "firms") == [None] and links(database) == []
    assert healthy(database)
    changesets.revert(database, changed.number, "tester", allow_destructive=True)
    assert (column(database, "shop", "firms"), links(database)) == kept
    assert healthy(database) and problems(database) == []


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("relation", {"target": "firm"}, [None, 1]),
        ("text", {}, ["B, C、A", "A"]),
    ],
)
def test_several_become_one_or_words_and_again_several(
    database: Database, kind: str, options: dict[str, Any], expected: list[Any]
):
    firms = filled(database)
    assert firms[0] == 1
    add(database, "shop", {"name": "T", "firms": (1,)})
    held = column(database, "shop", "firms")
    changed = applied(database, entity("shop", field("firms", kind, **options)), allow_destructive=True)
    assert column(database, "shop", "firms") == expected
    assert healthy(database)
    changesets.revert(database, changed.number, "tester", allow_destructive=True)
    assert column(database, "shop", "firms") == held
    assert len(links(database)) == 3 and healthy(database) and problems(database) == []


def test_one_becomes_several_and_words_become_records(database: Database):
    words = field("words", max_length=100)
    applied(database, FIRM, entity("shop", field("firms", "relation", target="firm"), words))
    firms = add(database, "firm", {"name": "A"}, {"name": "B"})
    add(database, "shop", {"name": "S", "firms": firms[1], "words": "B、A"}, {"name": "T", "words": "A、nobody"})
    several = [field(key, "multi_relation", target="firm") for key in ("firms", "words")]
    applied(database, entity("shop", *several), allow_destructive=True)
    assert column(database, "shop", "firms") == [(firms[1],), None]
    assert column(database, "shop", "words") == [(firms[1], firms[0]), None]
    assert len(links(database)) == 1 and len(links(database, key="words")) == 2
    assert healthy(database) and problems(database) == []


def test_links_follow_renamed_fields_and_entities(database: Database):
    filled(database)
    makers = {**field("makers", "multi_relation", target="firm"), "was": ["firms"]}
    store = {**entity("store", makers), "was": ["shop"]}
    changesets.apply(database, [Edit("delete", "entity", "shop"), Edit.put(store)], "tester")
    assert len(links(database, "store", "makers")) == 2
    assert healthy(database) and problems(database) == []


def test_a_required_or_filled_field_of_several_is_given_to_old_rows(database: Database):
    applied(database, FIRM, entity("shop"))
    (firm,) = add(database, "firm", {"name": "A"})
    add(database, "shop", {"name": "S"}, {"name": "T"})
    applied(database, entity("shop", field("firms", "multi_relation", target="firm", default=[firm])))
    assert column(database, "shop", "firms") == [(firm,), (firm,)]
    assert len(links(database)) == 2 and healthy(database)
