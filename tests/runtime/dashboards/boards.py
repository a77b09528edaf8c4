"""What tests of dashboards need: companies to count, boards to count them on, and the rows behind an address.

Ten companies: six of Sally's, four of Simon's. `cost` is hidden from sellers; clerks see all companies, but `cost`
only in their own (they have none until a test gives them one), and `city` of nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from formloom.metadata import changesets
from formloom.metadata.database import Database
from formloom.rbac import accounts
from formloom.rbac.access import access_for
from formloom.rbac.accounts import NewUser
from formloom.rbac.actor import load_actor
from formloom.rbac.tables import policy_version
from formloom.runtime.context import Context
from formloom.runtime.dashboards.cards import Card, cards_of
from formloom.runtime.dashboards.state import read_state
from formloom.runtime.http.call import Pairs
from formloom.runtime.listview.state import read_state as read_list
from formloom.runtime.records import Records
from formloom.runtime.site import Site
from tests.prepared import opened
from tests.runtime.world import PASSWORD, furnish, site_of
from tests.runtime.world import put as put_documents

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)

GRANTS = (
    {
        "kind": "grant",
        "key": "company.clerk",
        "entity": "company",
        "label": "Clerks",
        "members": [{"role": "clerk"}],
        "operations": {"view": "all"},
        "fields": {"*": "view", "cost": "none", "city": "none"},
    },
    {
        "kind": "grant",
        "key": "company.clerk_own",
        "entity": "company",
        "label": "Clerks with their own",
        "members": [{"role": "clerk"}],
        "operations": {"view": "own"},
        "fields": {"*": "view", "city": "none"},
    },
    {
        "kind": "grant",
        "key": "deal.clerk",
        "entity": "deal",
        "label": "Clerks",
        "members": [{"role": "seller"}],
        "operations": {"view": "all"},
        "fields": {"*": "view"},
    },
)

COMPANIES: dict[str, list[Any]] = {
    "name": [f"Company {n}" for n in range(10)],
    "city": ["Bonn", "Bonn", "Bonn", "Aachen", "Aachen", None, "Bonn", "Celle", "Celle", "Celle"],
    "grade": ["a", "b", "a", "b", None, "a", "b", "b", "a", "a"],
    "staff": [1, 2, 3, 4, 5, 6, 7, 8, 9, None],
    "credit": [100, 200, 300, 400, 500, 600, 700, 800, 900, None],
    "cost": [10, 20, 30, 40, 50, 60, 70, 80, 90, 100],
    "founded": [
        "2026-11-02",
        "2026-11-02",
        "2026-11-09",
        "2026-10-05",
        "2026-09-30",
        None,
        "2026-11-20",
        "2026-08-01",
        "2025-11-21",
        "2026-11-21",
    ],
    # Half past four in the afternoon of the 31st in London is the 1st of November in Shanghai.
    "seen": ["2026-10-31T16:30:00Z", *(None for _ in range(9))],
    "active": [True, False, True, None, True, False, True, True, False, True],
}


def prepare_offices(url: str) -> None:
    """Make the world of the run time's tests, people's rights on it, and its companies."""
    furnish(url)
    with opened(url) as database:
        put_documents(database, *GRANTS)
        _people_and_companies(database)


def _people_and_companies(database: Database) -> None:
    with database.writing() as conn:
        catalog = changesets.store.catalog_for(conn)
        london = NewUser(
            login="lara", name="Lara", password=PASSWORD, roles=("admin",), lang="en", zone="Europe/London"
        )
        accounts.create(conn, london, catalog)
        people = {user: accounts.find(conn, user) for user in ("sally", "simon")}
        records = Records(
            Context.system(conn, catalog, "companies of the tests", settings=site_of(database, Path()).settings)
        )
        owners = [people["sally"]] * 6 + [people["simon"]] * 4
        ids = records.create_many("company", {**typed(catalog, COMPANIES), "owner": owners}).ids
        deals = {
            "name": ["A", "B", "C"],
            "company": [ids[6], ids[7], ids[0]],
            "amount": [Decimal(1), Decimal(2), Decimal(4)],
        }
        records.create_many("deal", {**deals, "owner": [people["sally"]] * 3})


def typed(catalog: Any, columns: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """The values of what JSON would hold, by field of a company."""
    fields = catalog.entity("company").fields
    return {
        key: [None if raw is None else fields[key].behaviour.parse(fields[key], raw) for raw in raws]
        for key, raws in columns.items()
    }


def acting(site: Site, conn: Any, login: str, now: datetime = NOW) -> Context:
    """A context in which `login` acts at that moment."""
    catalog = site.catalog(conn)
    actor = load_actor(conn, accounts.find(conn, login), policy_version(conn))
    assert actor is not None
    access = access_for(catalog, actor, now=now)
    return Context(conn, catalog, access, site.settings, lang="en", zone=access.env.zone)


def widget(kind: str = "bar", entity: str = "company", **more: Any) -> dict[str, Any]:
    """A widget's document that counts rows unless told otherwise."""
    usual: dict[str, Any] = {} if kind == "table" else {"measures": [{"op": "count"}]}
    return {"key": "one", "type": kind, "label": "One", "entity": entity, **usual, **more}


def put(site: Site, *documents: Mapping[str, Any]) -> None:
    """Store documents."""
    put_documents(site.database, *documents)


def put_board(site: Site, *widgets: Mapping[str, Any], **more: Any) -> None:
    """Store a dashboard `board` of these widgets."""
    numbered = [{**each, "key": f"w{number}", "y": number} for number, each in enumerate(widgets)]
    put(site, {"kind": "dashboard", "key": "board", "label": "Board", "widgets": numbered, **more})


def cards(ctx: Context, board: str = "board", **given: str) -> list[Card]:
    """The cards of a dashboard for whoever acts."""
    return cards_of(ctx, read_state(ctx, board, given))


def card(site: Site, login: str, one: Mapping[str, Any], now: datetime = NOW, **given: str) -> Card:
    """The card of a dashboard with this widget alone."""
    put_board(site, one, filters={"period": {"default": "all"}, "owner": True})
    with site.database.reading() as conn:
        return cards(acting(site, conn, login, now), **given)[0]


def marks(of: Card) -> dict[str, Any]:
    """First measures by label."""
    return {mark.label: mark.values[0] for mark in of.marks}


def behind(ctx: Context, address: str, field: str | None) -> tuple[int, Any]:
    """How many rows the list at an address has, and the sum of a field over them."""
    parts = urlsplit(address)
    _, place, entity = parts.path.split("/")
    assert place == "e"
    asked = read_list(ctx, entity, Pairs.parse(parts.query.encode())).request
    request = replace(asked, columns=(field,) if field else (), limit=500, count="exact")
    count, total = 0, Decimal(0)
    while True:
        page = Records(ctx).list(request)
        count += len(page.items)
        total += sum((record[field] or 0 for record in page.items), Decimal(0)) if field else 0
        if page.next is None:
            return count, total
        request = replace(request, after=page.next)


def agrees(ctx: Context, one: Card, values: tuple[Any, ...], address: str) -> list[str]:
    """What of a mark's counts and sums its rows do not bear out."""
    found = []
    given = one.widget.spec.get("measures") or [{"op": "count"}]
    for measure, value in zip(given, values, strict=True):
        field = measure.get("field") if measure["op"] == "sum" else None
        if measure["op"] in ("count", "sum") and not (measure["op"] == "count" and measure.get("field")):
            count, total = behind(ctx, address, field)
            if Decimal(value or 0) != (total if field else count):
                found.append(f"{one.widget.key}: {value} is not {total if field else count} at {address}")
    return found


def shown(one: Card) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Numbers and addresses of everything in a card that leads somewhere."""
    if one.widget.type == "metric":
        yield (one.value,), one.href
    yield from ((mark.values, mark.href) for mark in one.marks)


@contextmanager
def counted(conn: Any) -> Iterator[list[str]]:
    """The statements run meanwhile."""
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    sa.event.listen(conn, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(conn, "before_cursor_execute", note)
