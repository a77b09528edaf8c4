"""Bad input by API, as tables: each is refused with its status and code, changes nothing, and is no defect."""

import json

import pytest

from tests.runtime.api.test_records_api import make, rows
from tests.runtime.world import Program, Visitor

COMPANY = "/records/company"
BATCH = f"{COMPANY}/batch"

VALUES = {
    "B040 text for an integer": ("staff", "12", "wrong_type"),
    "B040 number for a text": ("city", 12, "wrong_type"),
    "B040 true for one": ("staff", True, None),
    "B040 a fraction for an integer": ("staff", 1.5, "not_an_integer"),
    "B040 an integral fraction": ("staff", 1.0, ""),
    "B040 grouped digits": ("staff", "1,000", "wrong_type"),
    "B040 full-width digits": ("staff", "１２", "wrong_type"),
    "B040 a number for money": ("credit", 12.5, "wrong_type"),
    "B041 2^63": ("staff", 2**63, None),
    "B041 below -2^63": ("staff", -(2**63) - 1, None),
    "B041 10^50 in money": ("credit", "1" + "0" * 50, None),
    "B042 rounding": ("credit", "0.125", ""),
    "B043 30 February": ("founded", "2026-02-30", None),
    "B043 year 0": ("founded", "0000-00-00", None),
    "B043 year 10000": ("founded", "10000-01-01", None),
    "B043 a week": ("founded", "2026-W10-1", None),
    "B043 a call": ("founded", "now()", None),
    "B043 hour 25": ("seen", "2026-11-21T25:00:00Z", None),
    "B044 offset +25:00": ("seen", "2026-11-21T10:00:00+25:00", None),
    "B045 yes": ("active", "yes", None),
    "B045 two": ("active", 2, None),
    "B045 the word false": ("active", "false", None),
    "B046 unknown choice": ("grade", "z", None),
    "B046 other case": ("grade", "A", None),
    "B046 a list for a choice": ("grade", ["a"], None),
    "B048 too long": ("name", "x" * 41, "too_long"),
    "B048 long in code points": ("name", "😀" * 41, "too_long"),
    "B048 just right in code points": ("name", "😀" * 40, ""),
    "B049 NUL": ("city", "a\0b", None),
    "B050 null": ("name", None, "required"),
    "B050 nothing": ("name", "", "required"),
    "B050 spaces": ("name", "   ", "required"),
    "B050 zero-width space": ("name", "\u200b", "required"),
    "B076 an object": ("city", {"a": 1}, None),
    "B076 a list": ("city", ["a"], None),
    "B076 an object for money": ("credit", {}, None),
}
"""Field, value, and the code it is refused with: None is any, nothing means that it is accepted."""


@pytest.fixture
def sally(visitor: Visitor) -> Program:
    return Program(visitor, "sally")


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
@pytest.mark.parametrize("case", VALUES)
def test_values(visitor: Visitor, sally: Program, case: str):
    send_value(visitor, sally, case)


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_all_values_on_postgresql(visitor: Visitor, sally: Program):
    for case in VALUES:
        send_value(visitor, sally, case)


def send_value(visitor: Visitor, sally: Program, case: str) -> None:
    """Send one case of VALUES and see that it is answered as it says."""
    field, value, code = VALUES[case]
    before = rows(visitor.site.database)

    answer = sally.call("POST", COMPANY, {"name": "Acme", field: value})

    if code == "":
        assert answer.status_code == 201, (case, answer.text)
        return
    assert answer.status_code == 422, (case, answer.text)
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert code is None or answer.json()["errors"][0]["code"] == code
    assert rows(visitor.site.database) == before


def lists(**parameters: object) -> tuple[str, str, object]:
    from urllib.parse import urlencode

    plain = {name: json.dumps(v) if isinstance(v, dict) else v for name, v in parameters.items()}
    return "GET", f"{COMPANY}?{urlencode(plain)}", None


def deep(levels: int) -> dict:
    found: dict = {"field": "city", "op": "eq", "value": "x"}
    for _ in range(levels):
        found = {"not": found}
    return found


CITY = {"field": "city", "op": "eq", "value": "x"}

CALLS = {
    "B039 a list for an object": (("POST", COMPANY, [1]), 400, "bad_request"),
    "B039 null": (("PATCH", f"{COMPANY}/1", None), 400, "bad_request"),
    "B054 a field that is not there": (("POST", COMPANY, {"name": "x", "nmae": "y"}), 422, "unknown_field"),
    "B054 dotted": (("POST", COMPANY, {"name": "x", "owner.login": "y"}), 422, "unknown_field"),
    "B054 of the language": (("POST", COMPANY, {"name": "x", "__class__": "y"}), 422, "unknown_field"),
    "B055 another id in the body": (("PATCH", f"{COMPANY}/1", {"rev": 1, "id": 2, "city": "x"}), 422, None),
    "B055 an id that is a list": (("PATCH", f"{COMPANY}/1", {"rev": 1, "id": [1], "city": "x"}), 422, None),
    "B055 id with SQL": (("GET", f"{COMPANY}/1 OR 1=1", None), 404, "not_found"),
    "B055 id as exponent": (("GET", f"{COMPANY}/1e0", None), 404, "not_found"),
    "B055 id with a sign": (("GET", f"{COMPANY}/+1", None), 404, "not_found"),
    "B055 id with zeros": (("GET", f"{COMPANY}/01", None), 404, "not_found"),
    "B055 huge id": (("GET", f"{COMPANY}/99999999999999999999", None), 404, "not_found"),
    "B055 id in other digits": (("GET", f"{COMPANY}/１", None), 404, "not_found"),
    "B057 no revision": (("PATCH", f"{COMPANY}/1", {"city": "x"}), 422, "version_required"),
    "B057 no revision to delete": (("DELETE", f"{COMPANY}/1", None), 422, "version_required"),
    "B057 revision as text": (("PATCH", f"{COMPANY}/1", {"rev": "1", "city": "x"}), 422, "version_invalid"),
    "B057 revision of the future": (("PATCH", f"{COMPANY}/1", {"rev": 7, "city": "x"}), 409, "conflict_version"),
    "B058 sort by nothing": (lists(sort=","), 422, None),
    "B058 sort by an attribute": (lists(sort="__class__"), 422, None),
    "B058 sort by SQL": (lists(sort="(select 1)"), 422, None),
    "B058 sort by two words": (lists(sort="id desc, city"), 422, None),
    "B058 sort by 50 keys": (lists(sort=",".join(["city"] * 50)), 422, "bad_sort"),
    "B059 direction": (lists(sort="city asc; --"), 422, None),
    "B060 unknown operator": (lists(filter={"field": "city", "op": "is", "value": "x"}), 422, "bad_filter"),
    "B060 operator of another type": (
        lists(filter={"field": "founded", "op": "contains", "value": "x"}),
        422,
        "bad_filter",
    ),
    "B060 value of another type": (lists(filter={"field": "staff", "op": "eq", "value": "x"}), 422, "bad_filter"),
    "B060 a value that is an object": (lists(filter={**CITY, "value": {}}), 422, "bad_filter"),
    "B060 filter that is none": (lists(filter="{"), 422, "bad_filter"),
    "B060 filter that is a list": (lists(filter="[]"), 422, "bad_filter"),
    "B060 filter with more": (lists(filter={**CITY, "sudo": 1}), 422, "bad_filter"),
    "B060 shorthand with an unknown operator": (lists(city__regexp="x"), 422, "bad_filter"),
    "B061 in 1,001 values": (
        ("POST", f"{COMPANY}/aggregate", {"filter": {"field": "id", "op": "in", "value": list(range(1, 1_002))}}),
        422,
        "bad_filter",
    ),
    "B063 regular expression": (lists(filter={**CITY, "op": "regex", "value": "(a+)+$"}), 422, "bad_filter"),
    "B064 too deep": (lists(filter=deep(30)), 422, "bad_filter"),
    "B064 too many": (
        ("POST", f"{COMPANY}/aggregate", {"filter": {"all": [CITY] * 300}}),
        422,
        "bad_filter",
    ),
    "B065 too long a path": (("GET", f"/records/deal?fields={'company.' * 20}city", None), 422, "unknown_field"),
    "B066 sum of a text": (
        ("POST", f"{COMPANY}/aggregate", {"measures": [{"op": "sum", "field": "name"}]}),
        422,
        None,
    ),
    "B066 unknown function": (
        ("POST", f"{COMPANY}/aggregate", {"measures": [{"op": "sum)from(x", "field": "staff"}]}),
        422,
        None,
    ),
    "B066 a function that is a list": (
        ("POST", f"{COMPANY}/aggregate", {"measures": [{"op": ["sum"], "field": "staff"}]}),
        422,
        None,
    ),
    "B067 five dimensions": (("POST", f"{COMPANY}/aggregate", {"group_by": ["city"] * 5}), 422, None),
    "B068 bucket with SQL": (
        ("POST", f"{COMPANY}/aggregate", {"group_by": [{"field": "founded", "bucket": "month'); --"}]}),
        422,
        None,
    ),
    "B068 bucket of a text": (
        ("POST", f"{COMPANY}/aggregate", {"group_by": [{"field": "city", "bucket": "month"}]}),
        422,
        None,
    ),
    "B069 limit -1": (lists(limit="-1"), 422, "bad_parameter"),
    "B069 limit 0": (lists(limit="0"), 422, "bad_parameter"),
    "B069 limit 10^9": (lists(limit="1000000000"), 422, "bad_parameter"),
    "B069 limit all": (lists(limit="all"), 422, "bad_parameter"),
    "B069 limit with a fraction": (lists(limit="1.5"), 422, "bad_parameter"),
    "B069 a cursor of one's own": (lists(after="WzFd.AAAA"), 422, "bad_cursor"),
    "B069 a cursor that is none": (lists(after="'--"), 422, "bad_cursor"),
    "B070 a search with NUL": (lists(search="a\0b"), 422, "bad_parameter"),
    "B070 a search of 10 KB": (lists(search="x" * 10_000), 422, "bad_parameter"),
    "B033 twice": (("GET", f"{COMPANY}?limit=1&limit=9999", None), 400, "bad_request"),
    "B033 unknown": (("GET", f"{COMPANY}?lmit=1", None), 422, "unknown_field"),
    "B074 who made it": (("POST", COMPANY, {"name": "x", "created_by": 1}), 422, "field_read_only"),
    "B074 its revision": (("POST", COMPANY, {"name": "x", "rev": 9}), 422, "field_read_only"),
    "B074 its id": (("POST", COMPANY, {"name": "x", "id": 9}), 422, "field_read_only"),
    "B074 that it is gone": (("POST", COMPANY, {"name": "x", "deleted_at": None}), 422, "unknown_field"),
    "B074 its owner": (("PATCH", f"{COMPANY}/1", {"rev": 1, "owner": 1}), 422, "field_read_only"),
    "B074 a password": (("POST", COMPANY, {"name": "x", "password_hash": "y"}), 422, "unknown_field"),
    "B074 a read-only field": (("POST", COMPANY, {"name": "x", "rating": 5}), 422, "field_read_only"),
    "B077 a record that is not there": (("POST", "/records/deal", {"name": "x", "company": 4711}), 422, None),
    "B077 a reference that is a text": (("POST", "/records/deal", {"name": "x", "company": "1"}), 422, None),
    "B077 a huge reference": (("POST", "/records/deal", {"name": "x", "company": 2**70}), 422, None),
    "B081 a line of nowhere": (
        ("POST", "/records/deal", {"name": "x", "lines": [{"id": 4711, "product": "x"}]}),
        422,
        None,
    ),
    "B081 lines that are an object": (("POST", "/records/deal", {"name": "x", "lines": {}}), 422, None),
    "B081 lines that are numbers": (("POST", "/records/deal", {"name": "x", "lines": [1]}), 422, None),
    "B085 1,001 records": (("POST", COMPANY, {"items": [{"name": "x"}] * 1_001}), 413, "too_large"),
    "B085 1,001 ids": (("POST", BATCH, {"op": "delete", "ids": list(range(1, 1_002))}), 413, "too_large"),
    "B085 an id twice": (("POST", BATCH, {"op": "delete", "ids": [1, 1]}), 422, None),
    "B085 ids that are texts": (("POST", BATCH, {"op": "delete", "ids": ["1"]}), 422, None),
    "B085 neither ids nor filter": (("POST", BATCH, {"op": "delete"}), 422, None),
    "B085 both ids and filter": (("POST", BATCH, {"op": "delete", "ids": [1], "filter": CITY}), 422, None),
    "B085 no filter at all": (("POST", BATCH, {"op": "delete", "filter": None}), 422, "bad_filter"),
    "B085 an unknown operation": (("POST", BATCH, {"op": "drop", "ids": [1]}), 422, None),
    "B085 an operation that is a list": (("POST", BATCH, {"op": ["delete"], "ids": [1]}), 422, None),
    "B085 an unknown member": (("POST", BATCH, {"op": "delete", "ids": [1], "force": 1}), 422, None),
    "B085 no values": (("POST", BATCH, {"op": "update", "ids": [1]}), 422, None),
    "B085 values to delete": (
        ("POST", BATCH, {"op": "delete", "ids": [1], "values": {"city": "x"}}),
        422,
        None,
    ),
    "an entity with SQL": (("GET", "/records/company;drop", None), 404, "not_found"),
    "an entity of the system": (("GET", "/records/fl_user", None), 404, "not_found"),
    "items that are no objects": (("POST", COMPANY, {"items": [1]}), 400, "bad_request"),
    "fields that are empty": (lists(fields=","), 422, "unknown_field"),
    "count of another kind": (lists(count="all"), 422, "bad_parameter"),
}


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
@pytest.mark.parametrize("case", CALLS)
def test_calls(visitor: Visitor, sally: Program, case: str):
    make(sally)
    send_call(visitor, sally, case)


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_all_calls_on_postgresql(visitor: Visitor, sally: Program):
    make(sally)
    for case in CALLS:
        send_call(visitor, sally, case)


def send_call(visitor: Visitor, sally: Program, case: str) -> None:
    """Send one case of CALLS and see that it is refused as it says, and that nothing changed."""
    (method, path, body), status, code = CALLS[case]
    before = rows(visitor.site.database)
    more = {"content": "null", "headers": {"content-type": "application/json"}} if case == "B039 null" else {}

    answer = sally.call(method, path, body, **more)

    assert answer.status_code == status, (case, answer.text)
    assert answer.headers["content-type"] == "application/problem+json"
    assert code is None or answer.json()["code"] == code
    assert answer.json()["detail"]
    assert "SELECT" not in answer.text and "sqlalchemy" not in answer.text.lower()
    assert rows(visitor.site.database) == before


LITERAL = ("%", "_", "\\", "[a]", "*", "'", '"', "100%", "a_b", "; --")


def test_signs_of_patterns_are_found_literally(sally: Program):
    for text in (*LITERAL, "nothing"):
        make(sally, city=text)

    for text in LITERAL:
        found = sally.call("GET", COMPANY, params={"city__contains": text}).json()["items"]
        expected = [each for each in (*LITERAL, "nothing") if text in each]
        assert sorted(item["city"] for item in found) == sorted(expected), text


def test_an_empty_list_of_values_matches_nothing_or_everything(sally: Program):
    make(sally, city="x")

    def count(op: str) -> int:
        condition = {"field": "city", "op": op, "value": []}
        return len(sally.call("GET", COMPANY, params={"filter": json.dumps(condition)}).json()["items"])

    assert (count("in"), count("not_in")) == (0, 1)


@pytest.mark.parametrize("text", ["", "x", '"unbalanced', "* OR *", "col:val", "NEAR(", "'; --", "%", "\\"])
def test_any_search_is_answered(sally: Program, text: str):
    make(sally)

    assert sally.call("GET", COMPANY, params={"search": text}).status_code == 200


def test_a_cursor_of_somebody_else_is_worth_nothing(visitor: Visitor, sally: Program):
    for _ in range(3):
        make(sally)
    cursor = sally.call("GET", f"{COMPANY}?limit=1").json()["next"]

    for other, path in (
        (Program(visitor, "boss"), f"{COMPANY}?limit=1&after={cursor}"),
        (sally, f"{COMPANY}?limit=1&sort=city&after={cursor}"),
        (sally, f"{COMPANY}?limit=1&city=x&after={cursor}"),
        (sally, f"/records/deal?limit=1&after={cursor}"),
    ):
        answer = other.call("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_cursor")


def test_names_full_of_signs_are_only_names(visitor: Visitor):
    boss = Program(visitor, "boss")
    for label in ('x"); drop table t;--', "'", "`", "%s", ":p", "{{7*7}}", "<img onerror=x>", "😀", "\u202eabc"):
        field = {"key": "odd", "type": "text", "label": label}
        entity = {"kind": "entity", "key": "odd", "label": label, "title": "odd", "fields": [field]}
        assert boss.call("PUT", "/metadata/entity/odd", entity).status_code == 200
        assert boss.call("POST", "/records/odd", {"odd": label}).status_code == 201
        found = boss.call("GET", "/records/odd", params={"odd": label}).json()["items"]
        assert found[0]["odd"] == label
        assert boss.call("GET", "/openapi.json").status_code == 200
