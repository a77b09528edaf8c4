"""A world of hidden things, and the people who ask for them: built once for each database.

Rita works on her own firms. `near` is Ralph's and in the city whose firms show her name and city; `far` she may
not see at all. Some of hers are in the bin, some point at what she may not see, one was given away.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from anyio.from_thread import start_blocking_portal
from httpx2 import Response
from openpyxl import Workbook
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from starlette.testclient import TestClient

from formloom.importers import register
from formloom.metadata import changesets
from formloom.metadata.database import Database
from formloom.metadata.drafts import Edit
from formloom.rbac import accounts, organisation
from formloom.rbac.accounts import NewUser
from formloom.runtime.jobs import Worker
from tests.runtime.world import HOST, PASSWORD, Program, Visitor, site_of
from tests.surfaces.documents import OPEN, documents
from tests.surfaces.marks import Marks, Search

LOGINS = {"boss": "admin", "rita": "rep", "ralph": "rep", "clara": "clerk", "benno": "blind", "nina": ""}
NO_ID = 987_654
"""An id no record has."""


class Principal:
    """Somebody who asks: a person in a browser, or a program with a token."""

    def __init__(self, name: str, login: str, http: TestClient, headers: dict[str, str]) -> None:
        self.name, self.login, self.http, self.headers = name, login, http, headers

    def ask(self, method: str, path: str, json: Any = None, **more: Any) -> Response:
        """The answer. `json`, `data`, `files`, `params` and `headers` as the client takes them."""
        if json is not None:
            more["json"] = json
        return self.http.request(method, path, headers={**self.headers, **more.pop("headers", {})}, **more)

    def items(self, path: str) -> list[dict[str, Any]]:
        """All rows of a list, its pages one after the other."""
        found: list[dict[str, Any]] = []
        more, join = path, "&" if "?" in path else "?"
        while True:
            answer = self.ask("GET", more).json()
            found += answer["items"]
            if answer["next"] is None:
                return found
            more = f"{path}{join}after={answer['next']}"

    def __repr__(self) -> str:
        return self.name


@dataclass(repr=False)
class World:
    """A filled database with an application on it. `ids` are records by entity and name."""

    visitor: Visitor
    marks: Marks = field(default_factory=Marks)
    ids: dict[str, dict[str, int]] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    file_readers: dict[int, frozenset[str]] = field(default_factory=dict)
    people: dict[str, Principal] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        """The database."""
        return self.visitor.site.database

    def foreign(self, who: Principal, entity: str) -> list[int]:
        """Ids of the records, files, imports or exports this principal may not know of."""
        if entity == "file":
            login = "" if who.name == "deals only" else who.login
            return [number for number in self.ids["file"].values() if login not in self.file_readers[number]]
        if entity in ("import", "export"):
            return [number for login, number in self.ids[entity].items() if login != who.login]
        listed = who.ask("GET", f"/api/v1/records/{entity}", params={"limit": 500})
        seen = {item["id"] for item in listed.json()["items"]} if listed.status_code == 200 else set()
        return [number for number in self.ids[entity].values() if number not in seen]

    def work(self) -> None:
        """Do all waiting jobs."""
        site = self.visitor.site
        worker = Worker(site.database, site.settings, site=site)
        while worker.run_once():
            pass

    def search_for(self, who: Principal) -> Search:
        """What finds the marks this principal may not see."""
        return self.marks.search_for(who.login)


def furnish(database: Database) -> Marks:
    """Fill an empty database with documents and people; the marks in the documents."""
    marks = Marks()
    changesets.apply(database, [Edit.put(document) for document in documents(marks)], actor="test")
    with database.writing() as conn:
        catalog = changesets.store.catalog_for(conn)
        organisation.add(conn, "head", {"zh": "总部", "en": "Head office"})
        for login, role in LOGINS.items():
            roles = (role,) if role else ()
            user = NewUser(login=login, name=login.title(), password=PASSWORD, roles=roles, lang="en")
            accounts.create(conn, user, catalog)
    return marks


@contextmanager
def opened_world(database: Database, folder: Path) -> Iterator[World]:
    """The world on an empty database; its requests share one event loop."""
    marks = furnish(database)
    visitor = Visitor(site_of(database, folder), (register,))
    with ExitStack() as stack:
        portal = stack.enter_context(start_blocking_portal())
        world = World(visitor, marks)
        for principal in _principals(visitor):
            principal.http.portal = portal
            world.people[principal.name] = principal
        with database.reading() as conn:
            world.users = {login: accounts.find(conn, login) for login in LOGINS}
        Filling(world).fill()
        yield world


def _principals(visitor: Visitor) -> Iterator[Principal]:
    for login in LOGINS:
        browser = visitor.another().sign_in(login)
        headers = {"x-csrf-token": browser.csrf, "sec-fetch-site": "same-origin"}
        yield Principal(login, login, browser.http, headers)
    tokens = {
        "rita's program": {},
        "reader": {"read_only": True},
        "deals only": {"entities": ["deal"]},
    }
    for name, scope in tokens.items():
        program = Program(visitor, "rita", scope)
        yield Principal(name, "rita", program.http, {"authorization": f"Bearer {program.secret}"})
    stranger = TestClient(visitor.app, base_url=HOST, follow_redirects=False, raise_server_exceptions=False)
    yield Principal("stranger", "stranger", stranger, {})


@dataclass
class Filling:
    """Fills the world with rows, as the administrator."""

    world: World

    def fill(self) -> None:
        """Make all rows and their pasts."""
        marks = self.world.marks
        self.add("vault", "treasure", name=marks.word("name of a vault"))
        self.firm("far", "ralph", marks.word("far city", "ralph", "clara"), ("ralph", "clara"), ("ralph",))
        self.firm("near", "ralph", OPEN, ("ralph", "clara", "rita"), ("ralph",))
        for name in ("mine", "second", "gone"):
            self.firm(name, "rita", "Harbin", ("rita", "clara"), ("rita",))
        self.firm("lost", "ralph", marks.word("lost city", "ralph"), ("ralph",), ("ralph",))
        self.firm("given", "rita", "Harbin", ("rita", "ralph", "clara"), ("rita", "ralph"))
        self.firm("blind", "benno", "Harbin", ("benno", "clara"), ())
        self.deals()
        self.pasts()
        self.bin()
        self.files()

    def add(self, entity: str, called: str, /, **values: Any) -> int:
        """The id of a new record."""
        answer = self.world.people["boss"].ask("POST", f"/api/v1/records/{entity}", values)
        assert answer.status_code == 201, (called, answer.text)
        record_id: int = answer.json()["id"]
        self.world.ids.setdefault(entity, {})[called] = record_id
        for key in ("lines", "traces"):
            for number, line in enumerate(answer.json().get(key, ())):
                child = {"lines": "item", "traces": "trace"}[key]
                if called in ("mine", "near", "far"):
                    self.world.ids.setdefault(child, {})[f"{called} {number}"] = line["id"]
        return record_id

    def file(self, where: str, *seen_by: str, by: str = "boss") -> int:
        """The id of an uploaded picture whose name and notes are marks; of no record yet, only `by` sees it."""
        marks = self.world.marks
        name, notes = marks.word(f"name of {where}", *seen_by), marks.word(f"content of {where}", *seen_by)
        sent = {"file": (f"{name}.png", picture(notes))}
        answer = self.world.people[by].ask("POST", "/api/v1/files", files=sent)
        assert answer.status_code == 201, answer.text
        number: int = answer.json()["id"]
        self.world.ids.setdefault("file", {})[where] = number
        self.world.file_readers[number] = frozenset({by, *seen_by})
        return number

    def change(self, entity: str, called: str, /, **values: Any) -> None:
        """Change a record."""
        path = f"/api/v1/records/{entity}/{self.world.ids[entity][called]}"
        boss = self.world.people["boss"]
        answer = boss.ask("PATCH", path, {"rev": boss.ask("GET", path).json()["rev"], **values})
        assert answer.status_code == 200, (called, answer.text)

    def firm(self, name: str, owner: str, city: str, named_to: tuple[str, ...], shown_to: tuple[str, ...]) -> None:
        """A firm in which every value is a mark; `named_to` see its name, `shown_to` all that reps see."""
        marks, vaults = self.world.marks, self.world.ids["vault"]
        budget, cost, number = (marks.number(f"{what} of {name}", *seen) for what, seen in _numbers(shown_to))
        marks.known(f"margin of {name}", budget * 2, *shown_to)
        marks.known(f"score of {name}", number * 2)
        marks.known(f"total of {name}", number * 2 + 1)
        marks.known(f"worth and spent of {name}", cost * 3)
        line = {"product": marks.word(f"product of {name}", *shown_to), "qty": 3, "cost": str(cost)}
        self.add(
            "firm",
            name,
            owner=self.world.users[owner],
            name=marks.word(f"name of {name}", *named_to),
            code=marks.word(f"code of {name}", *shown_to),
            city=city,
            size=marks.number(f"size of {name}", *shown_to),
            budget=str(budget),
            founded=marks.day(f"founding of {name}", *shown_to),
            memo=marks.word(f"memo of {name}", *shown_to),
            phone=marks.word(f"phone of {name}"),
            status="open",
            rank=marks.number(f"rank of {name}", *shown_to),
            papers=[self.file(f"paper of {name}", *shown_to)],
            above=self.world.ids.get("firm", {}).get("far"),
            upper=self.world.ids.get("firm", {}).get("far"),
            peers=[*self.world.ids.get("firm", {}).values()],
            keeper=vaults["treasure"],
            lines=[line],
            traces=[{"word": marks.word(f"trace of {name}")}],
            **self.secrets(name, number),
        )

    def secrets(self, name: str, number: int) -> dict[str, Any]:
        """Values of a firm's hidden fields."""
        marks = self.world.marks
        return {
            "secret": marks.word(f"secret of {name}"),
            "secret_no": number,
            "secret_sum": str(marks.number(f"sum of {name}")),
            "secret_on": marks.day(f"day of {name}"),
            "secret_at": f"{marks.day(f'time of {name}')}T10:00:00Z",
            "secret_kind": "x",
            "secret_tags": ["x", "y"],
            "secret_flag": True,
            "secret_files": [self.file(f"secret file of {name}")],
            "secret_link": self.world.ids["vault"]["treasure"],
            "secret_peers": [*self.world.ids.get("firm", {}).values()],
        }

    def deals(self) -> None:
        """Deals on firms seen and unseen, by her and by others."""
        marks, firms, users = self.world.marks, self.world.ids["firm"], self.world.users
        hers = (("own", "rita", "mine"), ("behind", "rita", "far"))
        for name, owner, firm in (*hers, ("foreign", "ralph", "mine")):
            self.add(
                "deal",
                name,
                owner=users[owner],
                firm=firms[firm],
                name=marks.word(f"name of deal {name}", owner),
                amount=str(marks.number(f"amount of deal {name}", owner)),
                due=marks.day(f"due day of deal {name}", owner),
                secret_term=marks.word(f"term of deal {name}"),
                secret_step="open",
            )

        self.add("hint", "own", owner=users["rita"], name="Hint", firm=firms["mine"])

    def pasts(self) -> None:
        """Values that once were, hidden as those that are."""
        marks, mine = self.world.marks, self.world.ids["firm"]["mine"]
        self.change("firm", "mine", secret=marks.word("a later secret"), city="Dalian")
        self.change("firm", "mine", secret_sum=str(marks.number("a later sum")))
        path = f"/api/v1/records/firm/{mine}"
        [line] = self.world.people["boss"].ask("GET", path).json()["lines"]
        kept = {"id": line["id"], "rev": line["rev"], "product": line["product"], "qty": 4}
        self.change("firm", "mine", lines=[{**kept, "cost": str(marks.number("a later cost"))}])
        self.change("firm", "near", memo=marks.word("a later memo", "ralph"))
        self.change("firm", "given", owner=self.world.users["ralph"], memo=marks.word("after giving", "ralph"))
        self.change("deal", "own", secret_term=marks.word("a later term"), secret_step="won", amount="5")

    def bin(self) -> None:
        """What was deleted."""
        boss = self.world.people["boss"]
        for name in ("gone", "lost"):
            body = {"op": "delete", "ids": [self.world.ids["firm"][name]]}
            assert boss.ask("POST", "/api/v1/records/firm/batch", body).status_code == 200

    def files(self) -> None:
        """A checked import, a finished export and an unused upload of each of two people."""
        for login in ("rita", "ralph"):
            who, ids = self.world.people[login], self.world.ids
            self.file(f"upload of {login}", login, by=login)
            rows = [["Name", "Size"], ["", "x"], ["ok", "1"]]
            sent = {"data": {"entity": "firm", "options": json.dumps({"dry_run": True})}}
            staged = who.ask("POST", "/api/v1/imports", files={"file": ("firms.xlsx", workbook(*rows))}, **sent)
            asked = who.ask("POST", "/api/v1/exports", {"entity": "firm"})
            assert (staged.status_code, asked.status_code) == (201, 202), staged.text + asked.text
            ids.setdefault("import", {})[login] = staged.json()["id"]
            ids.setdefault("export", {})[login] = asked.json()["id"]
        self.world.work()


def _numbers(shown_to: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    return [("budget", shown_to), ("cost", ()), ("number", ())]


def picture(notes: str) -> bytes:
    """A small picture with a text in it."""
    target, held = io.BytesIO(), PngInfo()
    held.add_text("notes", notes)
    Image.new("RGB", (4, 3), "red").save(target, "PNG", pnginfo=held)
    return target.getvalue()


def workbook(*rows: list[Any]) -> bytes:
    """A workbook of these rows."""
    book, content = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(content)
    return content.getvalue()
