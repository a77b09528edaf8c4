"""Compiled rights say what casbin says, for every actor, object and action: of a catalog with every kind of grant,
and of the CRM as it ships."""

import json
from itertools import product

import pytest

from formloom.metadata.catalog import Catalog, build
from formloom.rbac.access import Access, access_for
from formloom.rbac.actor import Actor
from formloom.rbac.decisions import WITH_PARENT
from formloom.rbac.derived import inputs_of
from formloom.rbac.grants import ANYTHING, OPERATIONS, OWNERSHIP, is_entered, subject_of
from formloom.rbac.policy import Policy, policy_of
from tests.architecture.tree import ROOT
from tests.rbac.people import catalog_of
from tests.rbac.shop import ENTITIES, grant

KITCHEN_SINK = [
    *ENTITIES,
    grant("role", "account", {"role": "sales"}, {"view": "own", "edit": "own", "create": True}, {"*": "edit"}),
    grant("person", "account", {"user": "ann"}, {"delete": "own", "assign": "all"}, {}),
    grant("department", "account", {"department": "east"}, {"view": "all"}, {"phone": "view"}),
    grant(
        "below", "account", {"department": "sales", "below": True}, {"export": "all", "view": False}, {"*": "view"}
    ),
    grant("anyone", "account", {"everyone": True}, {"view": [], "comment": "all"}, {"*": "edit"}),
    grant(
        "fields", "deal", {"role": "sales"}, {"view": "own", "edit": "own"}, {"*": "edit", "lines.cost": "view"}
    ),
    grant("no lines", "deal", {"role": "finance"}, {"view": "all"}, {"*": "view", "lines": "none"}),
    grant(
        "submit", "deal", {"everyone": True}, {"create": "all", "import": "all"}, {"name": "edit", "owner": "none"}
    ),
    grant(
        "some lines",
        "deal",
        {"user": "bob"},
        {"view": "all", "batch_edit": "all"},
        {"lines": "edit", "name": "none"},
    ),
    grant("nobody", "deal", {"role": "gone"}, {"view": "all", "delete": "all"}),
    grant("nothing", "deal", {"department": "gone", "below": True}, {"view": "all"}),
]


def actors(catalog: Catalog) -> list[Actor]:
    """Everybody who could be somebody: each role alone, some, all; departments if grants care."""
    roles = tuple(catalog.roles)
    subjects = {subject_of(member).partition(":")[0] for g in catalog.grants.values() for member in g.members}
    logins = ("ann", "bob") if "user" in subjects else ("ann",)
    departments = [(), ("hq",), ("hq", "sales"), ("hq", "sales", "east"), ("hq", "finance")]
    sets = [(), *((role,) for role in roles), roles[:2], roles]
    return [
        Actor(id=n, login=login, name=login, roles=held, department_path=path, department=len(path) or None)
        for n, (login, held, path) in enumerate(
            product(logins, sets, departments if "department" in subjects else [("hq",)]), 1
        )
    ]


def crm() -> Catalog:
    """The CRM's documents, read as files."""
    documents: list = []
    for path in sorted((ROOT / "templates_crm").rglob("*.json")):
        read = json.loads(path.read_text(encoding="utf-8"))
        documents += read if isinstance(read, list) else [read]
    return build(document for document in documents if "kind" in document)


CATALOGS = {"kitchen sink": lambda: catalog_of(*KITCHEN_SINK), "CRM": crm}


@pytest.mark.parametrize("name", CATALOGS)
def test_compiled_access_equals_casbin(name: str):
    catalog = CATALOGS[name]()
    for actor in actors(catalog):
        casbin = References(catalog, actor)
        allowed = {(name, action) for name, action in questions(catalog) if casbin.enforce(name, action)}
        assert compiled(catalog, access_for(catalog, actor)) == allowed, actor


class Reference:
    """casbin with the rules that can speak of one entity, asked for one actor. It walks all rules it has."""

    def __init__(self, catalog: Catalog, actor: Actor, entity: str) -> None:
        whole = policy_of(catalog)
        rules = [rule for rule in whole.rules if rule.object.partition(".")[0] in (entity, ANYTHING)]
        assert rules, "an entity nobody may see would prove nothing"
        self.enforcer = Policy(rules, whole.links, whole.inputs).enforcer(actor)
        self.subject = f"user:{actor.login}"

    def enforce(self, name: str, action: str) -> bool:
        return bool(self.enforcer.enforce(self.subject, name, action))


class References(dict):
    """One Reference for each entity, made when it is first asked for."""

    def __init__(self, catalog: Catalog, actor: Actor) -> None:
        self.catalog, self.actor = catalog, actor

    def __missing__(self, entity: str) -> Reference:
        self[entity] = Reference(self.catalog, self.actor, entity)
        return self[entity]

    def enforce(self, name: str, action: str) -> bool:
        return self[name.partition(".")[0]].enforce(name, action)


def questions(catalog: Catalog) -> list[tuple[str, str]]:
    """Every (object, action) there is, except what no single rule decides (see `undecided`)."""
    found = []
    for entity in catalog.entities.values():
        if not entity.parent:
            found += [(entity.key, operation) for operation in OPERATIONS]
        for field in entity.all_fields.values():
            actions = ("view", "edit", "create") if is_entered(field) else ("view",)
            if not undecided(catalog, entity.key, field.key):
                found += [(place, act) for place in places(catalog, entity.key, field.key) for act in actions]
    return found


def undecided(catalog: Catalog, entity: str, field: str) -> bool:
    """Derived fields also ask for their inputs, owners for `assign`, and the bin's date for the bin."""
    derived = inputs_of(catalog)[entity].get(field)
    return bool(derived) or field in OWNERSHIP or field == "deleted_at"


def places(catalog: Catalog, entity: str, field: str) -> list[str]:
    """How rules call a field: `account.name`, `deal.lines.cost`."""
    parent = catalog.entities[entity].parent
    if not parent:
        return [f"{entity}.{field}"]
    return [
        f"{parent}.{table.key}.{field}" for table in catalog.children[parent] if table.option("target") == entity
    ]


def compiled(catalog: Catalog, access: Access) -> set[tuple[str, str]]:
    """What compiled rights allow, in casbin's words."""
    asked = set(questions(catalog))
    found = {
        (key, operation) for key in catalog.entities for operation in OPERATIONS if access.may(key, operation)
    }
    for key, decisions in access.decisions.items():
        fields = {
            "view": decisions.shown,
            "edit": decisions.writable("edit"),
            # Adding a line to a record that is there is editing that record.
            "create": decisions.writable(WITH_PARENT if decisions.entity.parent else "create"),
        }
        for action, names in fields.items():
            found |= {(place, action) for field in names for place in places(catalog, key, field)}
    return found & asked


@pytest.mark.parametrize("name", CATALOGS)
def test_what_rules_leave_open_is_never_wider_than_the_rules(name: str):
    catalog = CATALOGS[name]()
    for actor in actors(catalog):
        casbin, access = References(catalog, actor), access_for(catalog, actor)
        for key in access.entities():
            entity = access.entity(key)
            entered = {field.key for field in entity.entity.fields.values() if is_entered(field)}
            assert entity.writable | entity.creatable <= entered | OWNERSHIP
            derived = [field for field in inputs_of(catalog)[key] if field in entity.readable]
            for place in (place for field in derived for place in places(catalog, key, field)):
                assert casbin.enforce(place, "view"), (actor, place)
            if not entity.entity.parent and OWNERSHIP & entity.writable:
                assert casbin.enforce(key, "assign")
