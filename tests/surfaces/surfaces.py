"""The registry of surfaces: every address at which anybody can ask for, or change, what others may not see.

A new address needs one entry in `SURFACES` (or, with its reason, in `NO_DATA`); all else follows from it: the
sweep for marks, the comparison of hidden with made-up fields, of foreign with made-up records, and the proof that
what is denied changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.surfaces.administration import ASKS
from tests.surfaces.asks import (
    AGGREGATES,
    API_MENTIONS,
    CONDITIONS,
    EXPORTED,
    FIELDS,
    GROUPED,
    LISTED,
    MEASURED,
    PAGE_MENTIONS,
    PAPER,
    ROWS,
    STALE,
    VALUES,
    Ask,
    F,
    body,
    form,
    query,
    test,
    upload,
)
from tests.surfaces.documents import CAREFUL, NOWHERE
from tests.surfaces.world import NO_ID


@dataclass(frozen=True)
class Surface:
    """An address. `asks` change nothing, whoever sends them; `writes` change something for who may do it.

    `mentions` name a field of a firm; `kind` says whose ids the address takes, where not the entity's.
    """

    method: str
    path: str
    asks: tuple[Ask, ...] = ({},)
    writes: tuple[Ask, ...] = ()
    mentions: tuple[Ask, ...] = ()
    kind: str = ""
    mentions_on: str = "firm"

    @property
    def name(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"


SURFACES = (
    Surface("GET", "/"),
    Surface("GET", "/me"),
    Surface("GET", "/api/v1/me"),
    Surface("GET", "/api/v1/me/access/{entity}"),
    Surface("GET", "/api/v1/openapi.json"),
    Surface("GET", "/api/v1/explain", (query(login="rita", entity="firm", field="secret", id=1),)),
    # Records by API
    Surface("GET", "/api/v1/records/{entity}", LISTED, mentions=API_MENTIONS),
    Surface(
        "POST",
        "/api/v1/records/{entity}",
        VALUES,
        (body(name="new"), body(items=[{"name": "new"}])),
        (body(**{F: None}), body(**{"name": "x", F: "x"}), body(items=[{"name": "x", F: 1}])),
    ),
    Surface(
        "GET",
        "/api/v1/records/{entity}/{id}",
        ({}, query(fields="name,above.name,lines"), query(fields="keeper.name")),
        mentions=tuple(query(fields=text) for text in FIELDS),
    ),
    Surface(
        "PATCH",
        "/api/v1/records/{entity}/{id}",
        (
            body(rev=STALE, city="x"),
            body(rev=1, size="x"),
            body(city="x"),
            body(rev=1, name=None),
            body(rev=1, city=NOWHERE),
        ),
        (body(rev=1, name="new"), body(rev=1), body(rev=1, owner=1)),
        (body(rev=1, **{F: None}), body(rev=1, **{F: "x"}), body(rev=1, lines=[{"product": "x", F: 1}])),
    ),
    Surface(
        "DELETE", "/api/v1/records/{entity}/{id}", (body(rev=STALE), {}), (body(rev=1),), (body(rev=1, **{F: 1}),)
    ),
    Surface("GET", "/api/v1/records/{entity}/{id}/changes", ({}, query(limit="1"))),
    Surface(
        "POST",
        "/api/v1/records/{entity}/{id}/reveal",
        (body(field="name"), body(field="city"), body(field="phone")),
        mentions=(body(field=F),),
    ),
    Surface(
        "POST",
        "/api/v1/records/{entity}/aggregate",
        tuple(map(dict, ({"json": each} for each in AGGREGATES))),
        mentions=(*MEASURED, *GROUPED, *(body(filter=condition) for condition in CONDITIONS[-14:])),
    ),
    Surface(
        "POST",
        "/api/v1/records/{entity}/batch",
        (
            body(op="delete", ids=[NO_ID]),
            body(op="restore", ids=[NO_ID], mode="each"),
            body(op="update", ids=[NO_ID]),
        ),
        (
            body(op="delete", filter={"all": []}),
            body(op="update", filter={"all": []}, values={"name": "new"}, mode="each"),
            body(op="assign", filter={"all": []}, values={"owner": 1}, mode="each"),
            body(op="restore", filter={"all": []}, mode="each"),
        ),
        (
            body(op="delete", filter=test(F)),
            body(op="restore", filter=test(F)),
            body(op="update", filter=test(f"above.{F}"), values={"memo": "x"}),
            body(op="update", ids=[NO_ID], values={F: "x"}),
            body(op="update", ids=[NO_ID], values={F: None}, mode="each"),
        ),
    ),
    # Screens
    Surface(
        "GET",
        "/e/{entity}",
        (
            {},
            query(list="firm.shadow"),
            query(list="firm.tree"),
            query(list="firm.tree", q="q"),
            query(q="q"),
            query(sort="-above"),
            query(columns="name,keeper,above.name"),
        ),
        mentions=PAGE_MENTIONS,
    ),
    Surface(
        "GET",
        "/e/{entity}/count",
        ({}, query(list="firm.shadow"), query(q="q"), query(sort="-above")),
        mentions=PAGE_MENTIONS,
    ),
    Surface("GET", "/e/{entity}/totals", ({}, query(list="firm.shadow"), query(q="q")), mentions=PAGE_MENTIONS),
    Surface("GET", "/e/{entity}/count/exact", ({}, query(q="q")), mentions=PAGE_MENTIONS),
    Surface("GET", "/e/{entity}/fields"),
    Surface(
        "GET",
        "/e/{entity}/new",
        ({}, query(firm="1"), query(above="1"), query(back="/e/firm/1"), *(query(copy=n) for n in (1, 2, 3, 5))),
        mentions=(query(**{F: "x"}), query(**{F: ""}), query(name="x", **{F: "1"})),
    ),
    Surface(
        "POST",
        "/e/{entity}",
        (form(name=""), form(name="x", size="x", keeper="1", above="1", firm="1")),
        (form(name="new"),),
        (form(name="x", **{F: ""}), form(name="x", **{F: "x"}), form(name="x", **{f"{F}[0].x": "x"})),
    ),
    Surface("GET", "/e/{entity}/{id}"),
    Surface("GET", "/e/{entity}/{id}/edit"),
    Surface(
        "POST",
        "/e/{entity}/{id}",
        (form(_rev="1", size="x", city="x"), form(_rev=str(STALE), city="x", memo="x"), form(city="x")),
        (form(_rev="1", name="new"),),
        (form(_rev="1", **{F: ""}), form(_rev="1", **{F: "x"}), form(_rev="1", _table=F)),
    ),
    Surface("GET", "/e/{entity}/{id}/related/{number}"),
    Surface("GET", "/e/{entity}/{id}/statistics"),
    Surface("GET", "/e/{entity}/{id}/changes"),
    Surface(
        "GET", "/e/{entity}/{id}/neighbours", (query(sort="name"),), mentions=(query(sort=F), query(**{F: "x"}))
    ),
    Surface("GET", "/e/{entity}/{id}/history/{field}"),
    Surface(
        "POST",
        "/e/{entity}/{id}/history/{field}",
        (form(seq=str(NO_ID), _rev="1"),),
        tuple(form(seq=str(seq), _rev="1") for seq in range(10, 40, 4)),
    ),
    Surface("POST", "/e/{entity}/{id}/compose", ({},), (form(name="new"),)),
    Surface(
        "POST",
        "/e/{entity}/compute",
        (
            form(),
            form(_id="1", firm="1"),
            form(_id="3", above="1", keeper="1", firm="1"),
            form(firm="3", above="2"),
            *(form(_id=str(number), city=city) for number in (3, 4) for city in (CAREFUL, NOWHERE)),
        ),
        mentions=(form(**{F: "1"}), form(_id="3", **{F: "x"}), form(_table=F, **{f"{F}[0].x": "x"})),
    ),
    Surface(
        "POST",
        "/e/{entity}/reshape",
        (
            form(),
            form(_id="1", firm="1"),
            form(_id="3", above="1", keeper="1", firm="1"),
            form(_id="3", city=CAREFUL),
        ),
    ),
    Surface("POST", "/e/{entity}/{id}/reveal/{field}"),
    Surface("GET", "/e/{entity}/{id}/section/{section}"),
    Surface(
        "POST",
        "/e/{entity}/{id}/section/{section}",
        (form(_rev="1", size="x"), form(_rev=str(STALE), city="x")),
        (form(_rev="1", name="new"),),
        (form(_rev="1", **{F: "x"}),),
    ),
    Surface(
        "GET",
        "/e/{entity}/{id}/row",
        ({}, query(list="firm.shadow"), query(columns="name,keeper,above.name")),
        mentions=(query(sort=F), query(columns=f"name,{F}"), query(**{F: "x"})),
    ),
    Surface(
        "GET",
        "/e/{entity}/{id}/branch",
        ({}, query(list="firm.tree"), query(columns="name,keeper,above.name")),
        mentions=(query(sort=F), query(columns=f"name,{F}"), query(**{F: "x"})),
    ),
    Surface("GET", "/e/{entity}/{id}/cell/{field}"),
    Surface(
        "POST",
        "/e/{entity}/{id}/cell/{field}",
        (form(city="x"), form(_rev=str(STALE), city="x"), form(_rev="1", budget="x")),
        (form(_rev="1", city="new"),),
        (form(_rev="1", **{F: "x"}),),
    ),
    Surface(
        "POST", "/e/{entity}/{id}/stage", (form(_rev=str(STALE), stage="won"),), (form(_rev="1", stage="won"),)
    ),
    Surface("GET", "/e/{entity}/bulk/edit", ({}, query(field="city")), mentions=(query(field=F),)),
    Surface(
        "POST",
        "/e/{entity}/bulk/edit/{field}",
        (form(_ids=str(NO_ID), city="x"), form(_ids="1", budget="x", city="x"), form(city="x")),
        (form(_ids="1", city="new"), form(_ids="3,4", city="new")),
        (form(_ids="1", **{F: "x"}),),
    ),
    Surface(
        "POST",
        "/e/{entity}/bulk/back/{field}",
        (body(rows=[[NO_ID, 1, "x"]]), body(rows=[])),
        (body(rows=[[1, 1, "new"]]),),
        (body(rows=[[NO_ID, 1, "x"]], **{F: "x"}),),
    ),
    Surface("POST", "/e/{entity}/bulk/delete", (body(ids=[NO_ID]),), (body(ids=[1]), body(ids=[3, 4]))),
    Surface("POST", "/e/{entity}/bulk/restore", (body(ids=[NO_ID]),), (body(ids=[5]), body(ids=[6]))),
    Surface("GET", "/pick/words/{entity}/{field}", ({}, query(q="q"))),
    Surface("GET", "/pick/{entity}/level", ({}, query(above="1"), query(above="2"), query(above="3"))),
    Surface("GET", "/pick/{entity}/path", (query(ids="1,2,3,4,5,6,7,8"),)),
    Surface(
        "GET",
        "/pick/{entity}",
        (
            {},
            query(q="q"),
            query(ids="1,2,3,4,5,6,7,8"),
            query(**{"for": "deal.firm"}),
            query(**{"for": "hint.firm"}),
        ),
        mentions=(query(**{"for": f"firm.{F}"}), query(**{"for": f"{F}.firm"})),
    ),
    Surface("GET", "/search", (query(q="q"), query(q="zq"), query(q="2"))),
    Surface("GET", "/d/{board}", ({}, query(period="this_year", owner="2"))),
    Surface("GET", "/api/v1/dashboards/{board}/data", ({}, query(department="1"))),
    # Files
    Surface(
        "POST",
        "/api/v1/files",
        (form(entity="firm", field="papers"), form(entity="vault", field="x")),
        ({"files": PAPER},),
        ({"data": {"entity": "firm", "field": F}, "files": PAPER},),
    ),
    Surface("GET", "/api/v1/files/{id}", kind="file"),
    Surface("GET", "/api/v1/files/{id}/content", kind="file"),
    Surface(
        "GET", "/files/{id}/{name}", ({}, query(download="1"), {"headers": {"range": "bytes=2-"}}), kind="file"
    ),
    Surface("GET", "/thumbnails/{id}/{size}", kind="file"),
    # In and out
    Surface("GET", "/imports/new", (query(entity="firm"), query(entity="vault"))),
    Surface("GET", "/imports"),
    Surface("POST", "/imports", ({"data": {"entity": "firm"}},), (upload(ROWS),)),
    Surface("POST", "/api/v1/imports", ({"data": {"entity": "firm"}},), (upload(ROWS),)),
    *(
        Surface("GET", f"{start}/{{id}}{end}", kind="import")
        for start, ends in (("/imports", ("", "/progress")), ("/api/v1/imports", ("",)))
        for end in (*ends, "/report.xlsx")
    ),
    Surface("GET", "/imports/{id}", (query(step="match"),), kind="import"),
    Surface("POST", "/imports/{id}/match", (form(on_duplicate="update"),), (form(go="check"),), kind="import"),
    Surface("POST", "/imports/{id}/fix", (), (form(**{"fix:R2C1": "x"}),), kind="import"),
    Surface("POST", "/imports/{id}/start", (form(mode="none"),), (form(mode="all"),), kind="import"),
    Surface("POST", "/imports/{id}/undo", ({},), kind="import"),
    Surface("POST", "/imports/{id}/stop", (), ({},), kind="import"),
    Surface("POST", "/api/v1/imports/{id}/apply", (body(mode="none"),), (body(mode="rows"),), kind="import"),
    Surface("POST", "/api/v1/imports/{id}/cancel", (), ({},), kind="import"),
    Surface("POST", "/api/v1/imports/{id}/undo", ({},), kind="import"),
    Surface(
        "POST",
        "/api/v1/exports",
        (body(entity="vault"), body(entity="firm", format="exe")),
        (body(entity="firm"),),
        tuple(body(entity="firm", **each) for each in EXPORTED),
    ),
    Surface("GET", "/api/v1/exports/{id}", kind="export"),
    Surface("GET", "/api/v1/exports/{id}/file", kind="export"),
    Surface("GET", "/api/v1/excel-templates/{entity}"),
)
"""All that show or change records."""

ADMINISTRATION = tuple(
    Surface(method, path, (ask,)) for path, methods in ASKS.items() for method, ask in methods.items()
)
"""For administrators alone."""

PLACES = {
    "section": ("main", "dark"),
    "name": ("x",),
    "size": ("small", "large"),
    "number": ("0", "9"),
    "field": ("city", "budget", "secret", "phone"),
    "board": ("board", "dark", "nowhere"),
    "user": ("1", "2", str(NO_ID)),
    "department": ("head", "nowhere"),
    "changeset": ("1", str(NO_ID)),
    "designed": ("entity", "form", "dashboard", "grants", "nowhere"),
    "document": ("role", "entity", "grant", "nowhere"),
    "key": ("rep", "nowhere"),
    "ref": ("crm", "nowhere"),
    "package": ("crm", "nowhere"),
}
"""What else can stand in an address."""

NO_DATA = {
    "GET /healthz": "says that the process lives",
    "GET /readyz": "says that the database answers",
    "GET /metrics": "counts requests, for whoever runs the program",
    "GET /login": "a form",
    "POST /login": "has tests of its own",
    "POST /logout": "ends the caller's own session",
    "GET /api/v1/metadata/schemas/{kind}": "the published form of documents, the same everywhere",
    "GET /pick/user": "people are no records: every colleague may be named",
    "GET /pick/department": "neither are departments",
    "GET /regions": "the provinces, cities and districts of China, the same everywhere",
    "POST /me/look": "the caller's own account",
    "POST /me/profile": "the caller's own account",
    "POST /me/password": "the caller's own account",
    "POST /me/tokens": "the caller's own account",
    "POST /me/tokens/{id}/revoke": "the caller's own account",
    "POST /me/sessions/end": "the caller's own account",
    "MOUNT /static": "files of the program",
    "MOUNT /console": "in ADMINISTRATION",
}
"""Addresses that show and change no records, each with its reason."""


def addresses(surface: Surface, ids: dict[str, dict[str, int]]) -> Iterator[str]:
    """The surface's path for all entities, records and other places, one that does not exist among each."""
    places = {name: found for name, found in PLACES.items() if f"{{{name}}}" in surface.path}
    entities = (*ids, "nothing") if "{entity}" in surface.path else (surface.kind,)
    for entity in entities:
        if surface.kind != entity and entity in ("import", "export", "file"):
            continue
        numbers = (*ids.get(entity, {}).values(), NO_ID) if "{id}" in surface.path else ("",)
        for number in numbers:
            path = surface.path.replace("{entity}", entity).replace("{id}", str(number))
            yield from _with(path, places)


def _with(path: str, places: dict[str, tuple[str, ...]]) -> Iterator[str]:
    if not places:
        yield path
        return
    (name, values), *rest = places.items()
    for value in values:
        yield from _with(path.replace(f"{{{name}}}", value), dict(rest))
