"""Databases with the CRM, a hundred salespeople in ten departments and as many accounts as wanted."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.routing import Match, Route

from formloom.metadata import changesets, packages
from formloom.metadata.changesets import Edit
from formloom.metadata.database import Database
from formloom.rbac import accounts, organisation, sessions
from formloom.rbac.accounts import NewUser
from formloom.rbac.tables import departments, user_roles, users
from formloom.runtime.app import build_app
from formloom.runtime.asgi import extensions
from formloom.runtime.http.call import Call, Pairs
from formloom.runtime.http.serve import answer
from formloom.runtime.site import Site
from tests import postgres
from tests.bench import accounts as rows
from tests.prepared import prepare
from tests.runtime.world import site_of
from tests.templates_crm.package import FOLDER

KINDS = ("sqlite", "postgresql")
SALESPEOPLE, DEPARTMENTS = 100, 10
PASSWORD = "a long enough password"
SELLER = "seller7"
OWN_PAGE = {"host": "localhost", "sec-fetch-site": "same-origin"}

COLLEAGUES = {
    "kind": "grant",
    "key": "account.colleagues",
    "entity": "account",
    "label": "Customers of colleagues",
    "members": [{"role": "salesperson"}],
    "operations": {"view": ["department"]},
    "fields": {"*": "view", "annual_revenue": "none", "mobile": "none", "sales_cost_estimate": "none"},
}
"""A salesperson sees his department's customers too, without some fields: these are shown in some rows only."""


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser: its cookie, and the token its pages send with changes."""

    secret: str
    csrf: str


class Stage:
    """One database to measure on."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        self.server = None if kind == "sqlite" else postgres.server()
        self.name = self.server.create() if self.server else ""
        self.url = self.server.url(self.name) if self.server else f"sqlite:///{folder / 'bench.db'}"
        prepare(self.url)
        self.database = Database(self.url)
        packages.install(self.database, packages.read(FOLDER), actor="bench")
        changesets.apply(self.database, [Edit.put(COLLEAGUES)], actor="bench")
        self.site: Site = site_of(self.database, folder)
        with self.database.writing() as conn:
            _hire(conn, self.site)
            rows.fill_regions(conn)
        self.sessions: dict[str, Session] = {}
        self.app = build_app(self.site, extensions())

    def close(self) -> None:
        """Remove the database."""
        self.database.close()
        if self.server:
            self.server.drop(self.name)

    def fill(self, count: int) -> None:
        """See that there are `count` accounts, and that the database knows how they are spread."""
        rows.fill(self.database, count)

    def request(self, path: str, query: str = "", **more: Any) -> Callable[[], Response]:
        """What answers a request as it comes out of the asynchronous part: the whole of its work but the sockets.

        `more` are attributes of the Call, `as_login` whose session it brings, `prefer` a header.
        Raises AssertionError in the call unless the answer is a good one.
        """
        login = more.pop("as_login", SELLER)
        prefer = more.pop("prefer", "")
        method = more.get("method", "GET")
        session = self.session(login)
        scope = {"type": "http", "method": method, "path": path, "headers": [], "root_path": ""}
        route, places = self._route(scope)
        call = Call(
            **{
                "method": method,
                "url": path + ("?" + query if query else ""),
                "path": places,
                "query": Pairs.parse(query.encode()),
                "headers": Headers({**OWN_PAGE, "x-csrf-token": session.csrf, "prefer": prefer}),
                "cookies": {"formloom_session": session.secret},
                **more,
            }
        )

        def ask() -> Response:
            response = answer(self.site, route.endpoint.declared, call)  # type: ignore[attr-defined]
            assert response.status_code < 400, (response.status_code, bytes(response.body)[:500])
            return response

        return ask

    def _route(self, scope: dict[str, Any]) -> tuple[Route, dict[str, str]]:
        for route in self.app.routes:
            match, found = route.matches(scope)
            if match is Match.FULL and isinstance(route, Route):
                return route, found["path_params"]
        raise LookupError(scope["path"])

    def session(self, login: str) -> Session:
        """A session of that user, begun at the first call."""
        if login not in self.sessions:
            with self.database.writing() as conn:
                secret = sessions.start(conn, accounts.find(conn, login))
                signed_in = sessions.load(conn, secret)
            assert signed_in is not None
            self.sessions[login] = Session(secret, signed_in.csrf)
        return self.sessions[login]


def _hire(conn: sa.Connection, site: Site) -> None:
    catalog = site.catalog(conn)
    organisation.add(conn, "head", {"zh": "总部", "en": "Head office"})
    for number in range(DEPARTMENTS):
        organisation.add(
            conn, f"sales_{number}", {"zh": f"销售{number}部", "en": f"Sales {number}"}, parent="head"
        )
    boss = NewUser(login="boss", name="Boss", password=PASSWORD, department="head", roles=("admin",))
    accounts.create(conn, boss, catalog)
    first = conn.execute(sa.select(users)).mappings().one()
    places = {row.key: row.id for row in conn.execute(sa.select(departments.c.key, departments.c.id))}
    for number in range(SALESPEOPLE):
        # One password for all: hashing a hundred would take longer than what is measured.
        person = {
            **{key: value for key, value in first.items() if key != "id"},
            "login": f"seller{number}",
            "name": f"业务员{number}",
            "department_id": places[f"sales_{number % DEPARTMENTS}"],
        }
        key = conn.execute(sa.insert(users).values(person)).inserted_primary_key
        assert key is not None
        conn.execute(sa.insert(user_roles).values(user_id=key[0], role_key="salesperson"))


@contextmanager
def staged(kind: str) -> Iterator[Stage]:
    """A stage of its own, removed in the end."""
    os.environ.setdefault(postgres.RUN, str(os.getpid()))
    folder = Path(tempfile.mkdtemp(prefix="formloom-bench-"))
    try:
        stage = Stage(kind, folder)
        try:
            yield stage
        finally:
            stage.close()
    finally:
        shutil.rmtree(folder)
