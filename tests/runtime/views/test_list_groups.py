"""Lists in groups: headings with counts and sums, tinted rows, numbers below; and who may not see them."""

import re

import pytest

from formloom.metadata import changesets
from formloom.metadata.drafts import Edit
from tests.runtime.views.pages import add_companies, counted
from tests.runtime.world import Visitor

LAYOUT = {
    "kind": "list",
    "key": "company.grouped",
    "entity": "company",
    "label": "In groups",
    "columns": ["name", "grade", "credit", "cost"],
    "sort": ["name"],
    "group": "grade",
    "colors": [
        {"when": {"field": "cost", "op": "gt", "value": "1"}, "color": "purple"},
        {"when": {"field": "credit", "op": "gt", "value": "250"}, "color": "red"},
        {"when": {"field": "credit", "op": "gt", "value": "150"}, "color": "green"},
    ],
    "totals": [{"field": "credit", "op": "sum"}, {"field": "credit", "op": "avg"}, {"field": "cost", "op": "sum"}],
    "frozen": 2,
    "density": "roomy",
}
ROWS = [
    {"name": "Able", "grade": "b", "credit": "100", "cost": "7000"},
    {"name": "Baker", "grade": "a", "credit": "200"},
    {"name": "Charlie", "credit": "300"},
    {"name": "Dog", "grade": "b", "credit": "400"},
]
ADDRESS = "/e/company?list=company.grouped"


@pytest.fixture
def boss(visitor: Visitor) -> Visitor:
    changesets.apply(visitor.site.database, [Edit.put(LAYOUT)], actor="test")
    visitor.sign_in("boss")
    add_companies(visitor, [{**row, "owner": 2} for row in ROWS])
    return visitor


def lines(html: str) -> list[str]:
    """The rows of the list as words: headings begin with `=`, tints stand behind a title."""
    body = html.split('<tbody id="rows">')[1].split("</tbody>")[0]
    found = []
    for row in re.findall(r"<tr(.*?)</tr>", body, re.S):
        attributes, _, inside = row.partition(">")
        words = " ".join(re.sub(r"<[^>]*>", " ", inside).split())
        tint = re.search(r'data-color="(\w+)"', attributes)
        if "group-head" in attributes:
            found.append(f"= {words}")
        else:
            found.append(words.split()[0] + (f" {tint[1]}" if tint else ""))
    return found


def totals(visitor: Visitor, query: str = "") -> str:
    html = visitor.get(f"/e/company/totals?list=company.grouped{query}").text
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_rows_stand_in_groups_in_the_order_of_the_options_with_counts_and_sums(boss: Visitor):
    assert lines(boss.get(ADDRESS).text) == [
        "= Empty 1 Credit ∑ 300.00 ⌀ 300.0000",
        "Charlie red",
        "= A 1 Credit ∑ 200.00 ⌀ 200.0000",
        "Baker green",
        "= B 2 Credit ∑ 500.00 ⌀ 250.0000 Cost ∑ 7,000.00",
        "Able purple",
        "Dog red",
    ]


def test_numbers_below_the_list_are_of_all_rows_under_the_filter(boss: Visitor):
    assert totals(boss) == "∑ 1,000.00 ⌀ 250.0000 ∑ 7,000.00"
    assert totals(boss, "&grade=b") == "∑ 500.00 ⌀ 250.0000 ∑ 7,000.00"


def test_what_a_reader_does_not_see_tints_and_sums_nothing(boss: Visitor):
    sally = boss.another().sign_in("sally")

    html = sally.get(ADDRESS).text

    assert "Able" in lines(html) and "purple" not in html and "Cost" not in html and "7,000" not in html
    assert totals(sally) == "∑ 1,000.00 ⌀ 250.0000"


def test_a_reader_chooses_groups_or_none(boss: Visitor):
    plain = lines(boss.get(f"{ADDRESS}&group=-").text)
    by_name = lines(boss.get("/e/company?group=owner&sort=-name&columns=name").text)

    assert plain == ["Able purple", "Baker green", "Charlie red", "Dog red"]
    assert by_name[0].endswith("Sally 4")
    assert by_name[1:] == ["Dog red", "Charlie red", "Baker green", "Able purple"]


def test_groups_go_on_over_pages(boss: Visitor):
    add_companies(boss, [{"name": f"More {n:03}", "grade": "ab"[n % 2]} for n in range(70)])
    first = boss.get("/e/company?group=grade&sort=name&columns=name").text
    following = re.search(r'href="(/e/company\?[^"]*after=[^"]*)"', first)
    assert following is not None
    second = boss.get(following[1].replace("&amp;", "&")).text

    shown = lines(first) + lines(second)

    assert [line for line in shown if line.startswith("=")] == ["= Empty 1", "= A 36", "= B 37", "= B 37"]
    assert len([line for line in shown if not line.startswith("=")]) == 74


def test_grouping_by_what_is_hidden_answers_as_for_what_does_not_exist(boss: Visitor):
    sally = boss.another().sign_in("sally")

    hidden, unknown = (sally.get(f"/e/company?group={name}") for name in ("cost", "nothing"))

    assert hidden.status_code == unknown.status_code == 422
    assert "no field “cost”" in hidden.text and "no field “nothing”" in unknown.text


def test_a_list_in_groups_takes_one_statement_more(boss: Visitor):
    boss.get(ADDRESS)
    with counted(boss) as statements:
        boss.get(ADDRESS)

    assert len(statements) <= 3


@pytest.mark.parametrize(
    ("part", "wrong"),
    [
        ("group", "nothing"),
        ("group", "notes.x"),
        ("totals", [{"field": "name", "op": "sum"}]),
        ("totals", [{"field": "nothing", "op": "sum"}]),
        ("colors", [{"when": {"field": "nothing", "op": "eq", "value": 1}, "color": "red"}]),
        ("colors", [{"when": {"field": "name", "op": "eq", "value": "x"}, "color": "crimson"}]),
        ("frozen", 9),
    ],
)
def test_a_layout_that_means_nothing_is_refused(boss: Visitor, part: str, wrong: object):
    with boss.site.database.reading() as conn:
        found = changesets.preview(conn, [Edit.put({**LAYOUT, part: wrong})])

    assert found.refused
