"""The documents of the world: in every place where something is defined, something is hidden.

Who is what: `rep` works on his own firms and sees name and city of those in the city of Open; `clerk` sees name
and city of all firms; `blind` may fill in everything of a new firm and see little of it; the administrator all.
`secret…` fields, the column `cost` and the table `traces` are nobody's. What is computed from them has harmless
names (`score`, `spent`), because rights must find that out by themselves.
"""

from __future__ import annotations

from typing import Any

from tests.surfaces.marks import Marks

OPEN, CAREFUL, NOWHERE = "Open", "Careful", "Nowhere"
OWN = ("view", "edit", "delete", "restore", "export", "import", "batch_edit")
HIDDEN = {
    "secret": "text",
    "secret_no": "integer",
    "secret_sum": "money",
    "secret_on": "date",
    "secret_at": "datetime",
    "secret_kind": "select",
    "secret_tags": "multiselect",
    "secret_flag": "boolean",
    "secret_link": "relation",
    "secret_files": "file",
    "secret_peers": "multi_relation",
    "glimpse": "lookup",
    "traces": "subtable",
    "score": "formula",
    "total": "formula",
    "spent": "rollup",
    "dealt": "rollup",
}
"""Fields of a firm that `rep` sees in no row, with their types."""

NOBODY = dict.fromkeys(
    [key for key, kind in HIDDEN.items() if key.startswith("secret") or key == "traces"], "none"
)
OPTIONS = [{"key": key, "label": key.title(), "category": key} for key in ("open", "won", "lost")]


def field(key: str, kind: str = "text", label: str = "", **options: Any) -> dict[str, Any]:
    """A field's document."""
    return {"key": key, "type": kind, "label": label or key.title(), **options}


def documents(marks: Marks) -> list[dict[str, Any]]:
    """All documents; labels and constants of what is hidden are marks."""
    return [*_roles(), *_entities(marks), *_layouts(marks), *_rules(marks), *_grants()]


def _rules(marks: Marks) -> list[dict[str, Any]]:
    """Rules that look at what is hidden, as every firm has a number there: they may stop, never say why."""

    def in_city(city: str) -> dict[str, Any]:
        return {
            "all": [{"field": "secret_no", "op": "gt", "value": 0}, {"field": "city", "op": "eq", "value": city}]
        }

    def refusal(severity: str) -> dict[str, Any]:
        message = marks.label(f"message of {severity}")
        return {"type": "refuse", "severity": severity, "fields": ["city"], "message": message}

    hidden = {"type": "refuse", "fields": ["secret"], "message": marks.label("message about what is hidden")}
    return [
        _rule("warn", in_city(CAREFUL), marks, refusal("warning"), {"type": "lock", "fields": ["code"]}),
        _rule("stop", in_city(NOWHERE), marks, refusal("error"), {"type": "require", "fields": ["active"]}),
        _rule("dark", {"field": "city", "op": "eq", "value": NOWHERE}, marks, hidden),
        _rule("show", in_city(CAREFUL), marks, {"type": "hide", "fields": ["memo"], "sections": ["dark"]}),
    ]


def _rule(key: str, when: dict[str, Any], marks: Marks, *effects: dict[str, Any]) -> dict[str, Any]:
    rule = {"kind": "rule", "key": f"firm.{key}", "entity": "firm", "label": marks.word(f"label of rule {key}")}
    return {**rule, "when": when, "effects": list(effects)}


def _roles() -> list[dict[str, Any]]:
    admin = {"kind": "role", "key": "admin", "label": "Administrator", "administrator": True}
    return [admin, *({"kind": "role", "key": key, "label": key.title()} for key in ("rep", "clerk", "blind"))]


def _entities(marks: Marks) -> list[dict[str, Any]]:
    return [
        {
            "kind": "entity",
            "key": "vault",
            "label": marks.word("vault"),
            "title": "name",
            "fields": [field("name")],
        },
        _entity("firm", *_visible_of_firm(), *_hidden_of_firm(marks)),
        _entity(
            "item",
            field("product", required=True),
            field("qty", "integer"),
            field("cost", "money", marks.label("cost")),
            field("worth", "formula", marks.label("worth"), formula="qty * cost", result="money"),
            title="product",
            parent="firm",
        ),
        _entity("trace", field("word", label=marks.label("word")), title="word", parent="firm"),
        _entity(
            "deal",
            field("name", required=True, searchable=True),
            field("firm", "relation", target="firm"),
            field("amount", "money"),
            field("due", "date"),
            field("code_of_firm", "formula", marks.word("code_of_firm"), formula="firm.code", result="text"),
            field("secret_term", label=marks.label("term"), searchable=True),
            field("secret_step", "stage", marks.label("step"), options=OPTIONS),
        ),
        _entity(
            "hint",
            field("name", required=True),
            field("firm", "relation", target="firm"),
            field("place", default_formula="firm.city"),
        ),
    ]


def _entity(key: str, *fields: dict[str, Any], title: str = "name", **more: Any) -> dict[str, Any]:
    return {"kind": "entity", "key": key, "label": key.title(), "title": title, "fields": list(fields), **more}


def _visible_of_firm() -> list[dict[str, Any]]:
    return [
        field("name", required=True, searchable=True),
        field("code", unique=True, searchable=True),
        field("city", indexed=True),
        field("size", "integer"),
        field("budget", "money"),
        field("founded", "date"),
        field("memo", "textarea", searchable=True),
        field("active", "boolean"),
        field("papers", "file"),
        field("phone", searchable=True, indexed=True, mask={"keep_start": 2, "keep_end": 2}),
        field("status", "stage", options=OPTIONS),
        field("rank", "integer"),
        field("above", "relation", target="firm", on_delete="set_null"),
        field("keeper", "relation", target="vault"),
        field("upper", "tree", on_delete="set_null"),
        field("peers", "multi_relation", target="firm", on_delete="unlink", searchable=True),
        field("advisor", "user"),
        field("margin", "formula", formula="budget * 2", result="money"),
        field("lines", "subtable", target="item"),
        field("pieces", "rollup", function="sum", of="lines.qty"),
    ]


def _hidden_of_firm(marks: Marks) -> list[dict[str, Any]]:
    kinds = [{"key": key, "label": marks.label(f"kind {key}")} for key in ("x", "y")]
    options: dict[str, dict[str, Any]] = {
        "secret": {"searchable": True, "help": marks.label("help")},
        "secret_kind": {"options": kinds},
        "secret_tags": {"options": kinds},
        "secret_link": {"target": "vault"},
        "secret_peers": {"target": "firm", "on_delete": "unlink"},
        "glimpse": {"path": "above.secret"},
        "traces": {"target": "trace"},
        "score": {"formula": "secret_no * 2", "result": "integer"},
        "total": {"formula": "score + 1", "result": "integer"},
        "spent": {"function": "sum", "of": "lines.cost"},
        "dealt": {"function": "sum", "of": "deal.amount", "by": "firm"},
    }
    computed = ("score", "total", "spent", "dealt", "glimpse")
    return [
        field(key, kind, (marks.word if key in computed else marks.label)(key), **options.get(key, {}))
        for key, kind in HIDDEN.items()
    ]


def _layouts(marks: Marks) -> list[dict[str, Any]]:
    shadow = {"field": "secret", "op": "eq", "value": marks.word("a filter's constant")}
    columns = ["name", "city", "budget", "secret", "above", "keeper", "keeper.name", "above.secret", "score"]
    columns += ["upper", "peers", "secret_peers", "glimpse", "phone"]
    return [
        {
            "kind": "list",
            "key": "firm.all",
            "entity": "firm",
            "label": "All",
            "columns": columns,
            "sort": ["-secret", "name"],
            "quick_filters": ["secret", "city"],
            "default": True,
        },
        {
            "kind": "list",
            "key": "firm.shadow",
            "entity": "firm",
            "label": "Shadow",
            "columns": columns,
            "filter": shadow,
            "position": 2,
        },
        {"kind": "list", "key": "firm.tree", "entity": "firm", "label": "Tree", "columns": columns, "tree": True},
        _form(marks),
        _detail(
            "firm", "status", ["budget", "secret", "city"], "deal", "firm", ["name", "secret_term", "firm.secret"]
        )
        | {"statistics": _numbers(marks)},
        _detail("deal", "secret_step", ["secret_term"], "hint", "firm", ["name"]),
        {"kind": "dashboard", "key": "board", "label": "Board", "widgets": list(_widgets(shadow, marks))},
        {
            "kind": "dashboard",
            "key": "dark",
            "label": marks.word("dark"),
            "widgets": [_widget("v", "metric", "vault")],
        },
        {
            "kind": "menu",
            "key": "main",
            "label": "Main",
            "items": [{"entity": "firm"}, {"entity": "vault"}, {"list": "firm.shadow"}, {"dashboard": "dark"}],
        },
    ]


def _form(marks: Marks) -> dict[str, Any]:
    shown = [f["key"] for f in _visible_of_firm()]
    main = {"key": "main", "label": "Main", "fields": [*shown, "score"]}
    dark = {
        "key": "dark",
        "label": marks.label("dark section"),
        "fields": [key for key in HIDDEN if key != "score"],
    }
    tabs = [{"key": "main", "label": "Main"}, {"key": "dark", "label": marks.label("dark tab")}]
    sections = [main, {**dark, "tab": "dark"}]
    return {
        "kind": "form",
        "key": "firm.form",
        "entity": "firm",
        "label": "Firm",
        "tabs": tabs,
        "sections": sections,
    }


def _numbers(marks: Marks) -> list[dict[str, Any]]:
    every = {"key": "every", "entity": "deal", "by": "firm"}
    terms = {"op": "count_distinct", "field": "secret_term"}
    return [every, {**every, "key": "terms", "label": marks.label("number of terms"), "measure": terms}]


def _detail(
    entity: str, stage: str, highlights: list[str], other: str, by: str, columns: list[str]
) -> dict[str, Any]:
    related = (
        [] if entity == "deal" else [{"entity": other, "by": by, "columns": columns, "sort": ["-secret_term"]}]
    )
    return {
        "kind": "detail",
        "key": f"{entity}.detail",
        "entity": entity,
        "label": entity.title(),
        "highlights": highlights,
        "stage": stage,
        "related": related,
    }


def _widgets(shadow: dict[str, Any], marks: Marks) -> Any:
    yield _widget("count", "metric", "firm")
    yield _widget("budget", "metric", "firm", measures=[{"op": "sum", "field": "budget"}])
    yield _widget("secret", "metric", "firm", measures=[{"op": "sum", "field": "secret_sum"}])
    yield _widget("shadow", "metric", "firm", filter=shadow)
    yield _widget("shadows", "bar", "firm", filter=shadow, group_by=[{"field": "city"}])
    yield _widget("kinds", "bar", "firm", group_by=[{"field": "secret_kind"}])
    yield _widget("cities", "bar", "firm", group_by=[{"field": "city"}])
    yield _widget("stages", "pie", "firm", group_by=[{"field": "status"}])
    yield _widget("above", "ranking", "firm", group_by=[{"field": "above"}])
    yield _widget("days", "line", "firm", group_by=[{"field": "secret_on", "bucket": "month"}])
    yield _widget("rows", "table", "firm", columns=["name", "budget", "secret", "keeper"], sort="-secret")
    yield _widget("others", "table", "firm", columns=["name"], filter={"not": shadow})
    yield _widget("vaults", "metric", "vault", label=marks.denied("vaults"))


def _widget(key: str, kind: str, entity: str, label: str = "", **more: Any) -> dict[str, Any]:
    given = more if kind == "table" else {"measures": [{"op": "count"}], **more}
    return {
        "key": key,
        "type": kind,
        "label": label or key,
        "entity": entity,
        "x": 0,
        "y": 0,
        "w": 3,
        "h": 3,
        **given,
    }


def _grants() -> list[dict[str, Any]]:
    mine = {op: "own" for op in OWN} | {"create": True}
    near = {"where": {"field": "city", "op": "eq", "value": OPEN}}
    glance = {"view": near, "edit": near, "export": near}
    little = {"*": "none", "name": "view", "city": "view"}
    own = {"*": "edit", **NOBODY, "rank": "view", "lines.cost": "none"}
    return [
        _grant("rep", "firm", mine, own),
        _grant("glance", "firm", glance, {**little, "city": "edit"}, "rep"),
        _grant("clerk", "firm", {"view": "all", "export": "all"}, little),
        _grant("fill", "firm", {"create": True}, {"*": "edit"}, "blind"),
        _grant("blind", "firm", {"view": "own", "edit": "own", "batch_edit": "own"}, {**little, "city": "edit"}),
        _grant("rep", "deal", mine, {"*": "edit", "secret_term": "none", "secret_step": "none"}),
        _grant("rep", "hint", mine, {"*": "edit"}),
    ]


def _grant(
    key: str, entity: str, operations: dict[str, Any], fields: dict[str, str], role: str = ""
) -> dict[str, Any]:
    return {
        "kind": "grant",
        "key": f"{entity}.{key}",
        "entity": entity,
        "label": key.title(),
        "members": [{"role": role or key}],
        "operations": operations,
        "fields": fields,
    }
