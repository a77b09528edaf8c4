"""The CRM, customised in 200 places and upgraded to a version that changes 100, of which 30 are the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from formloom.metadata import changesets, packages, store
from formloom.metadata.database import Database
from formloom.metadata.drafts import Edit
from formloom.metadata.errors import MetadataError
from formloom.metadata.nodes import ORDER, differences
from tests.metadata.packages.places import (
    SEED,
    Documents,
    Identity,
    Place,
    by_identity,
    changed,
    fewer_columns,
    gone_lists,
    labels,
    new_fields,
    new_options,
    pick,
)
from tests.metadata.sample import applied, entity, field, problems

CRM = Path(__file__).parents[3] / "templates_crm"
OWN_LIST = {"kind": "list", "key": "account.own", "entity": "account", "label": "Own", "columns": ["name"]}


class Plan:
    """Which places are whose. `both` are at odds."""

    def __init__(self, documents: Documents) -> None:
        random, used = Random(SEED), set[Identity | str]()
        lists = [*pick(random, gone_lists(documents, "mine"), 3, used)]
        used |= {place.identity for place in lists}
        lists += pick(random, gone_lists(documents, "theirs"), 3, used)
        used |= {place.identity for place in lists}
        gone = pick(random, gone_lists(documents, "mine"), 5, used)
        used |= {place.identity for place in gone}
        columns = pick(random, fewer_columns(documents), 19, used)
        words = labels(documents)
        self.both = [*lists, *columns[:4], *pick(random, words, 20, used)]
        self.mine = [*gone, *columns[4:], *pick(random, new_fields(documents), 15, used)]
        self.mine += pick(random, new_options(documents), 10, used)
        self.mine += pick(random, words, 170 - len(self.mine), used)
        # Fields and options of another name may come where we added some too.
        self.theirs = [*random.sample(new_fields(documents), 15), *random.sample(new_options(documents), 10)]
        self.theirs += pick(random, words, 70 - len(self.theirs), used)


@pytest.fixture(scope="module")
def documents() -> Documents:
    return by_identity(packages.read(CRM).documents)


@pytest.fixture(scope="module")
def plan(documents: Documents) -> Plan:
    return Plan(documents)


def customise(database: Database, before: Documents, after: Documents) -> None:
    edits = [Edit.put(document) for identity, document in after.items() if before[identity] != document]
    edits += [Edit("delete", *identity) for identity in before if identity not in after]
    changesets.apply(database, edits, "admin", allow_destructive=True)


def next_version(documents: Documents) -> packages.Package:
    return replace(packages.read(CRM), version="1.1.0", documents=tuple(documents.values()))


def in_force(database: Database) -> Documents:
    with database.reading() as conn:
        return by_identity(store.load(conn))


def disagreements(left: Documents, right: Documents) -> list[Any]:
    """Nodes that are not the same; where both sides put something new, either may stand first."""
    found = [(identity, "", "") for identity in left.keys() ^ right.keys()]
    for identity in left.keys() & right.keys():
        nodes = differences(left[identity], right[identity])
        found += [(identity, node.path, repr(node)) for node in nodes if not node.path.endswith(ORDER)]
    return found


def sides(plan: Plan, choices: dict[str, str]) -> dict[Place, str]:
    decided = {place: choices[place.name] for place in plan.both}
    return {**dict.fromkeys(plan.mine, "mine"), **dict.fromkeys(plan.theirs, "theirs"), **decided}


def test_an_upgrade_of_a_customised_crm_loses_nothing(database: Database, documents: Documents, plan: Plan):
    assert (len(plan.mine) + len(plan.both), len(plan.theirs) + len(plan.both)) == (200, 100)
    applied(database, entity("mine", field("size", "integer")))
    before = in_force(database)
    packages.install(database, packages.read(CRM), "admin")
    customise(database, documents, changed(documents, dict.fromkeys([*plan.mine, *plan.both], "mine")))
    applied(database, OWN_LIST)
    customised = in_force(database)
    newer = next_version(changed(documents, dict.fromkeys([*plan.theirs, *plan.both], "theirs")))

    # Nothing happens until the conflicts are decided, and they are exactly the places both changed.
    with pytest.raises(packages.UndecidedConflicts) as undecided:
        packages.install(database, newer, "admin")
    assert sorted(each.name for each in undecided.value.disputes) == sorted(place.name for place in plan.both)
    assert len(undecided.value.disputes) == 30
    assert in_force(database) == customised

    # What is decided either way, and all that was no conflict, is in force afterwards; and nothing else.
    choices = {place.name: ("mine", "theirs")[number % 2] for number, place in enumerate(plan.both)}
    upgraded = packages.install(database, newer, "admin", choices=choices, allow_destructive=True)
    wanted = changed({**documents, ("entity", "mine"): before["entity", "mine"]}, sides(plan, choices))
    assert disagreements({**wanted, ("list", "account.own"): OWN_LIST}, in_force(database)) == []
    assert problems(database) == []

    # Doing it again is nothing, and deciding is done once.
    assert packages.install(database, newer, "admin").empty
    with database.reading() as conn:
        assert packages.propose(conn, replace(newer, version="1.2.0")).merged.disputes == []

    # One step back is where we were, with every conflict open again.
    changesets.revert(database, upgraded.number, "admin", allow_destructive=True)
    assert in_force(database) == customised
    packages.install(database, newer, "admin", choices=choices, allow_destructive=True)

    # Taking it out restores the documents of before, once what depends on it may go.
    after, shipped = in_force(database), by_identity(newer.documents)
    with pytest.raises(MetadataError) as needed:
        packages.uninstall(database, "crm", "admin")
    kept = {p.identity for p in plan.both if p.identity not in shipped and choices[p.name] == "mine"}
    assert {finding.document for finding in needed.value.findings} == {("list", "account.own"), *kept}
    gone = packages.uninstall(database, "crm", "admin", with_dependents=True)
    assert in_force(database) == before
    assert problems(database) == []
    changesets.revert(database, gone.number, "admin")
    assert in_force(database) == after


def test_one_choice_can_stand_for_all(database: Database, documents: Documents, plan: Plan):
    packages.install(database, packages.read(CRM), "admin")
    customise(database, documents, changed(documents, dict.fromkeys([*plan.mine, *plan.both], "mine")))
    newer = next_version(changed(documents, dict.fromkeys([*plan.theirs, *plan.both], "theirs")))

    packages.install(database, newer, "admin", choices={"*": "theirs"}, allow_destructive=True)

    theirs = {place.name: "theirs" for place in plan.both}
    assert disagreements(changed(documents, sides(plan, theirs)), in_force(database)) == []
