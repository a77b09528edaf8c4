"""Plans are pure: from one set of documents to another, without a database."""

from typing import Any

import pytest

from formloom.metadata.catalog import build
from formloom.metadata.plan import plan
from formloom.metadata.steps import Shadow
from tests.metadata.sample import entity, field

A = entity("account")
LINK = field("account", "relation", target="account")
OPTIONS = [{"key": "a", "label": "A"}, {"key": "b", "label": "B"}]


def names(before: list[dict[str, Any]], after: list[dict[str, Any]], kept: tuple[Shadow, ...] = ()) -> list[str]:
    steps = plan(build(before), build(after), kept).steps
    return [
        f"{step.name()} {step.entity}" + (f".{step.field}" if hasattr(step, "field") else "") for step in steps
    ]


CASES: list[tuple[str, list[dict[str, Any]], list[dict[str, Any]], list[str]]] = [
    ("nothing", [A], [A], []),
    ("only words", [A], [{**A, "label": "Firm"}], []),
    ("an entity", [], [A], ["create_table account", "add_foreign_keys account"]),
    (
        "entities that point at each other",
        [],
        [
            entity("account", field("main", "relation", target="contact")),
            entity("contact", LINK),
        ],
        [
            "create_table account",
            "create_table contact",
            "add_foreign_keys account",
            "add_foreign_keys contact",
        ],
    ),
    ("a field", [A], [entity("account", field("city"))], ["add_column account.city"]),
    (
        "an indexed field",
        [A],
        [entity("account", field("city", indexed=True))],
        ["add_column account.city", "add_index account.city"],
    ),
    (
        "a field with a default",
        [A],
        [entity("account", field("score", "integer", default=3))],
        ["add_column account.score", "backfill account.score"],
    ),
    (
        "a field goes",
        [entity("account", field("city", unique=True))],
        [A],
        ["drop_index account", "shadow_column account.city"],
    ),
    (
        "an entity goes",
        [A],
        [],
        ["drop_foreign_key account", "shadow_table account"],
    ),
    (
        "another type",
        [entity("account", field("n"))],
        [entity("account", field("n", "integer"))],
        ["convert_column account.n"],
    ),
    (
        "another scale",
        [entity("account", field("n", "decimal", scale=2))],
        [entity("account", field("n", "decimal", scale=4))],
        ["convert_column account.n"],
    ),
    (
        "shorter",
        [entity("account", field("n", max_length=10))],
        [entity("account", field("n", max_length=5))],
        ["check_values account.n"],
    ),
    (
        "an option less",
        [entity("account", field("n", "select", options=OPTIONS))],
        [entity("account", field("n", "select", options=OPTIONS[:1]))],
        ["check_values account.n"],
    ),
    (
        "an option more",
        [entity("account", field("n", "select", options=OPTIONS[:1]))],
        [entity("account", field("n", "select", options=OPTIONS))],
        [],
    ),
    (
        "required from now on",
        [entity("account", field("n"))],
        [entity("account", field("n", required=True))],
        ["require_values account.n"],
    ),
    (
        "unique from now on",
        [entity("account", field("n"))],
        [entity("account", field("n", unique=True))],
        ["add_index account.n"],
    ),
    (
        "another rule on delete",
        [A, entity("contact", LINK)],
        [A, entity("contact", {**LINK, "on_delete": "cascade"})],
        ["drop_foreign_key contact", "add_foreign_key contact.account"],
    ),
    (
        "another target",
        [A, entity("contact", LINK), entity("x")],
        [A, entity("contact", {**LINK, "target": "x"}), entity("x")],
        [
            "drop_index contact",
            "drop_foreign_key contact",
            "convert_column contact.account",
            "add_index contact.account",
        ],
    ),
    (
        "a sub entity",
        [A],
        [A, entity("line", parent="account")],
        ["create_table line", "add_foreign_keys line"],
    ),
]


@pytest.mark.parametrize(
    ("before", "after", "wanted"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_plan_leads_from_one_catalog_to_another(before: list[Any], after: list[Any], wanted: list[str]):
    assert names(before, after) == wanted


def test_a_plan_reads_as_sentences_in_both_languages():
    steps = plan(build([A]), build([entity("account", field("city"))]))

    assert steps.describe("en") == ["Add the field “city” to “account”"]
    assert steps.describe("zh") == ["为“account”增加字段“city”"]


def test_a_field_that_comes_back_takes_its_values_from_the_shadow():
    kept = Shadow(1, 5, "account", "city", "r_account", "x_5_city", field("city"))

    assert names([A], [entity("account", field("city"))], (kept,)) == ["restore_column account.city"]
    assert names([A], [entity("account", field("city", "integer"))], (kept,)) == ["add_column account.city"]


def test_only_steps_that_change_keys_of_a_table_copy_it():
    def copies(before: list[Any], after: list[Any]) -> bool:
        return plan(build(before), build(after)).rebuilds

    assert copies([A, entity("contact", LINK)], [A, entity("contact")])
    assert not copies([A], [A, entity("contact", LINK)])
    assert not copies([A, entity("contact")], [A, entity("contact", LINK)])
    assert not copies([entity("account", field("n"))], [entity("account", field("n", "money"))])
