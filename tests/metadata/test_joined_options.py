"""Two options made one: values move to the one that stays, and come back when that is taken back."""

from __future__ import annotations

from typing import Any

from formloom.metadata import changesets, conditions
from formloom.metadata.database import Database
from formloom.metadata.drafts import Edit
from tests.metadata.sample import add, applied, catalog_of, column, entity, field, problems

WEB = {"key": "web", "label": {"zh": "网站", "en": "Web site"}}
SITE = {"key": "site", "label": {"zh": "官网，表单", "en": "Form"}}
FAIR = {"key": "fair", "label": "展会"}
JOINED = {**WEB, "aliases": ["site", "官网，表单", "Form"]}


def sources(*options: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "option_set", "key": "source", "label": "来源", "options": list(options)}


def leads(**more: Any) -> dict[str, Any]:
    own = field("own", "select", options=more.pop("own", [WEB, SITE, FAIR]))
    shared = field("source", "select", options="source")
    return entity("lead", shared, field("sources", "multiselect", options="source"), own)


def rows(database: Database) -> list[Any]:
    return [column(database, "lead", key) for key in ("source", "sources", "own")]


def filled(database: Database) -> None:
    applied(database, sources(WEB, SITE, FAIR), leads())
    add(
        database,
        "lead",
        {"source": "web", "sources": ("web", "site"), "own": "site"},
        {"source": "site", "sources": ("site", "fair"), "own": "fair"},
        {"source": "fair", "sources": None, "own": None},
    )


BEFORE = [["web", "site", "fair"], [("web", "site"), ("site", "fair"), None], ["site", "fair", None]]
AFTER = [["web", "web", "fair"], [("web",), ("web", "fair"), None], ["web", "fair", None]]


def test_an_option_that_goes_into_another_takes_its_values_along(database: Database):
    filled(database)
    edits = [Edit.put(sources(JOINED, FAIR)), Edit.put(leads(own=[JOINED, FAIR]))]

    with database.reading() as conn:
        effects = changesets.preview(conn, edits).effects
    made = changesets.apply(database, edits, "tester")

    assert {(effect.field, effect.code, effect.count) for effect in effects} == {
        ("source", "values_joined", 1),
        ("sources", "values_joined", 2),
        ("own", "values_joined", 1),
    }
    assert rows(database) == AFTER
    assert problems(database) == []
    changesets.revert(database, made.number, "tester")
    assert rows(database) == BEFORE
    assert problems(database) == []


def test_what_was_chosen_since_is_kept_when_options_part_again(database: Database):
    filled(database)
    made = changesets.apply(database, [Edit.put(sources(JOINED, FAIR))], "tester")
    [new] = add(database, "lead", {"source": "web", "sources": ("fair",), "own": None})

    changesets.revert(database, made.number, "tester")

    assert rows(database)[0] == ["web", "site", "fair", "web"]
    assert rows(database)[1] == [*BEFORE[1], ("fair",)]
    assert new == 4


def test_an_option_that_just_goes_is_refused_while_rows_hold_it(database: Database):
    filled(database)

    with database.reading() as conn:
        effects = changesets.preview(conn, [Edit.put(sources(WEB, FAIR))]).effects

    assert {effect.code for effect in effects if effect.level == "refuse"} == {"values_refused"}


def test_conditions_that_name_the_option_that_went_go_on(database: Database):
    filled(database)
    sites = {"field": "source", "op": "eq", "value": "site"}
    web = {
        "kind": "list",
        "key": "lead.web",
        "entity": "lead",
        "label": "Web",
        "columns": ["name"],
        "filter": sites,
    }
    applied(database, web)

    changesets.apply(database, [Edit.put(sources(JOINED, FAIR))], "tester")

    catalog = catalog_of(database)
    known = conditions.parse(sites, catalog.entity("lead"), catalog)
    assert isinstance(known, conditions.Comparison) and known.operand == "web"
