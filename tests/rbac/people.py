"""A small organisation for tests: departments hq > sales > east and hq > finance, people in them, and roles."""

from sqlalchemy.engine import Connection

from formloom.metadata.catalog import Catalog, build
from formloom.rbac import accounts, organisation, tables
from formloom.rbac.accounts import NewUser
from formloom.rbac.actor import Actor, load_actor

ROLES = [
    {"kind": "role", "key": "admin", "label": "Admin", "administrator": True},
    {"kind": "role", "key": "chief", "label": "Chief", "includes": ["admin"]},
    {"kind": "role", "key": "lead", "label": "Lead", "includes": ["sales"]},
    {"kind": "role", "key": "sales", "label": "Sales"},
    {"kind": "role", "key": "finance", "label": "Finance"},
]

DEPARTMENTS = [("hq", None), ("sales", "hq"), ("east", "sales"), ("finance", "hq")]

PEOPLE = [
    NewUser(login="root", name="Root", department="hq", roles=("admin",)),
    NewUser(login="lead", name="Lead", department="sales", superior="root", roles=("lead",)),
    NewUser(login="ann", name="Ann", department="east", superior="lead", roles=("sales",)),
    NewUser(login="bob", name="Bob", department="east", superior="ann", roles=("sales",)),
    NewUser(login="fay", name="Fay", department="finance", superior="root", roles=("finance",)),
    NewUser(login="zoe", name="Zoe"),
]


def catalog_of(*documents: dict, version: int = 0) -> Catalog:
    """A Catalog of the roles above and more documents."""
    return build([*ROLES, *documents], version)


def found(conn: Connection) -> dict[str, int]:
    """Founds the organisation; ids of people by login."""
    for key, parent in DEPARTMENTS:
        organisation.add(conn, key, {"zh": f"部门{key}", "en": key}, parent=parent)
    return {person.login: accounts.create(conn, person, catalog_of()) for person in PEOPLE}


def actor(conn: Connection, login: str) -> Actor:
    """One of them, as of now."""
    loaded = load_actor(conn, accounts.find(conn, login), tables.policy_version(conn))
    assert loaded is not None
    return loaded
