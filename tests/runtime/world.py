"""A small business for tests of the run time: companies and deals, an administrator, two sellers and a clerk.

`cost` is hidden from sellers, `rating` is read-only for them; each sees his own rows. The clerk may see companies
only. `vault` is for nobody but administrators.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from formloom.metadata import changesets
from formloom.metadata.database import Database
from formloom.metadata.drafts import Edit
from formloom.rbac import accounts, organisation
from formloom.rbac.accounts import NewUser
from formloom.runtime.app import build_app
from formloom.runtime.settings import Settings
from formloom.runtime.site import Site
from tests.prepared import opened, prepare

PASSWORD = "correct horse battery"
HOST = "http://localhost"

SELLING = {op: "own" for op in ("view", "edit", "delete", "restore", "batch_edit")} | {"create": True}

DOCUMENTS = (
    {"kind": "role", "key": "admin", "label": "Administrator", "administrator": True},
    {"kind": "role", "key": "seller", "label": "Seller"},
    {"kind": "role", "key": "clerk", "label": "Clerk"},
    {
        "kind": "option_set",
        "key": "grade",
        "label": "Grade",
        "options": [{"key": "a", "label": "A"}, {"key": "b", "label": "B"}],
    },
    {
        "kind": "entity",
        "key": "company",
        "label": {"zh": "公司", "en": "Company"},
        "title": "name",
        "fields": [
            {"key": "name", "type": "text", "label": "Name", "required": True, "max_length": 40},
            {"key": "code", "type": "text", "label": "Code", "unique": True},
            {"key": "city", "type": "text", "label": "City", "indexed": True},
            {"key": "grade", "type": "select", "label": "Grade", "options": "grade"},
            {"key": "staff", "type": "integer", "label": "Staff"},
            {"key": "credit", "type": "money", "label": "Credit"},
            {"key": "founded", "type": "date", "label": "Founded"},
            {"key": "seen", "type": "datetime", "label": "Seen"},
            {"key": "active", "type": "boolean", "label": "Active"},
            {"key": "rating", "type": "integer", "label": "Rating"},
            {"key": "cost", "type": "money", "label": "Cost"},
            {"key": "notes", "type": "textarea", "label": "Notes"},
        ],
    },
    {
        "kind": "entity",
        "key": "deal",
        "label": {"zh": "交易", "en": "Deal"},
        "title": "name",
        "fields": [
            {"key": "name", "type": "text", "label": "Name", "required": True},
            {"key": "company", "type": "relation", "label": "Company", "target": "company"},
            {"key": "amount", "type": "money", "label": "Amount"},
            {"key": "lines", "type": "subtable", "label": "Lines", "target": "deal_line"},
        ],
    },
    {
        "kind": "entity",
        "key": "deal_line",
        "label": "Line",
        "title": "product",
        "parent": "deal",
        "fields": [
            {"key": "product", "type": "text", "label": "Product", "required": True},
            {"key": "quantity", "type": "integer", "label": "Quantity"},
        ],
    },
    {
        "kind": "entity",
        "key": "vault",
        "label": "Vault",
        "title": "name",
        "fields": [{"key": "name", "type": "text", "label": "Name", "required": True}],
    },
    {
        "kind": "grant",
        "key": "company.seller",
        "entity": "company",
        "label": "Sellers",
        "members": [{"role": "seller"}],
        "operations": SELLING,
        "fields": {"*": "edit", "rating": "view", "cost": "none"},
    },
    {
        "kind": "grant",
        "key": "deal.seller",
        "entity": "deal",
        "label": "Sellers",
        "members": [{"role": "seller"}],
        "operations": SELLING,
        "fields": {"*": "edit", "lines": "edit"},
    },
    {
        "kind": "grant",
        "key": "company.clerk",
        "entity": "company",
        "label": "Clerks",
        "members": [{"role": "clerk"}],
        "operations": {"view": "all"},
        "fields": {"*": "view", "cost": "none"},
    },
)

USERS = (
    NewUser(login="boss", name="Boss", password=PASSWORD, roles=("admin",), lang="en"),
    NewUser(login="sally", name="Sally", password=PASSWORD, roles=("seller",), department="sales", lang="en"),
    NewUser(login="simon", name="Simon", password=PASSWORD, roles=("seller",), department="sales", lang="zh"),
    NewUser(login="clara", name="Clara", password=PASSWORD, roles=("clerk",), department="sales", lang="en"),
)


def furnish(url: str) -> None:
    """Make the system tables and this business, without rows."""
    prepare(url)
    with opened(url) as database:
        found(database)


def put(database: Database, *documents: Mapping[str, Any]) -> None:
    """Put documents in force."""
    changesets.apply(database, [Edit.put(document) for document in documents], actor="test")


def found(database: Database) -> None:
    """Fill an empty database with documents, departments and people."""
    put(database, *DOCUMENTS)
    with database.writing() as conn:
        catalog = changesets.store.catalog_for(conn)
        organisation.add(conn, "head", {"zh": "总部", "en": "Head office"})
        organisation.add(conn, "sales", {"zh": "销售部", "en": "Sales"}, parent="head")
        for user in USERS:
            accounts.create(conn, user, catalog)


def site_of(database: Database, folder: Path, **settings: object) -> Site:
    """A site over the database."""
    return Site(Settings(data_dir=folder, secret="s" * 40, **settings), database)


class Visitor:
    """A browser that keeps cookies and sends what browsers send."""

    def __init__(self, site: Site, extensions: tuple = ()) -> None:
        self.site = site
        self.app = build_app(site, extensions)
        self.http = TestClient(self.app, base_url=HOST, follow_redirects=False, raise_server_exceptions=False)
        self.csrf = ""

    def another(self) -> Visitor:
        """A second browser on the same application."""
        other = object.__new__(Visitor)
        other.site, other.app, other.csrf = self.site, self.app, ""
        other.http = TestClient(self.app, base_url=HOST, follow_redirects=False, raise_server_exceptions=False)
        return other

    def sign_in(self, login: str, password: str = PASSWORD) -> Visitor:
        """The visitor, with a session of that user (made directly: signing in has tests of its own)."""
        from formloom.rbac import sessions

        with self.site.database.writing() as conn:
            secret = sessions.start(conn, accounts.find(conn, login))
            signed_in = sessions.load(conn, secret)
        assert signed_in is not None
        self.http.cookies.set("formloom_session", secret)
        self.csrf = signed_in.csrf
        return self

    def get(self, path: str, **more: object):
        return self.http.get(path, **more)

    def api(self, method: str, path: str, json: object = None, **more: object):
        """A call of the API from a page."""
        headers = {"x-csrf-token": self.csrf, "sec-fetch-site": "same-origin", **more.pop("headers", {})}
        if json is not None:
            more["json"] = json
        return self.http.request(method, f"/api/v1{path}", headers=headers, **more)

    def post(self, path: str, data: dict | None = None, **more: object):
        """A form sent from a page."""
        headers = {"sec-fetch-site": "same-origin", **more.pop("headers", {})}
        return self.http.post(path, data={"_csrf": self.csrf, **(data or {})}, headers=headers, **more)


class Program:
    """A program with a bearer token."""

    def __init__(self, visitor: Visitor, login: str, scope: dict | None = None) -> None:
        from formloom.rbac import tokens

        database = visitor.site.database
        with database.writing() as conn:
            catalog = visitor.site.catalog(conn)
            new = tokens.NewToken("test", scope or {})
            self.id, self.secret = tokens.create(conn, accounts.find(conn, login), new, catalog)
        self.http = TestClient(visitor.app, base_url=HOST, follow_redirects=False, raise_server_exceptions=False)

    def call(self, method: str, path: str, json: object = None, **more: object):
        """A call of the API."""
        headers = {"authorization": f"Bearer {self.secret}", **more.pop("headers", {})}
        if json is not None:
            more["json"] = json
        return self.http.request(method, f"/api/v1{path}", headers=headers, **more)
