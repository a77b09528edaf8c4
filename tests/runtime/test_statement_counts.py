"""How many statements a request runs: few, and the same for one row and for fifty."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.bench.statements import LIST, RECORD, SAVE, of_request
from tests.runtime.world import Visitor


@pytest.fixture(params=[1, 50])
def deal(request: pytest.FixtureRequest, visitor: Visitor) -> int:
    """The id of a deal with a line, among as many others as the case says, of a seller who has signed in."""
    visitor.sign_in("sally")
    lines = [{"product": "Bolt", "quantity": 2}]
    items = [{"name": f"Deal {number}", "lines": lines} for number in range(request.param)]
    answer = visitor.api("POST", "/records/deal", json={"items": items})
    assert answer.status_code == 201, answer.text
    return answer.json()["items"][0]["id"]


def count(visitor: Visitor, ask: Callable[[], Any]) -> int:
    """The statements of a request that is answered well."""

    def asked() -> None:
        answer = ask()
        assert answer.status_code < 400, answer.text

    return len(of_request(visitor.site.database, asked))


def test_lists_records_and_saves_take_few_statements(visitor: Visitor, deal: int) -> None:
    revisions = iter(range(1, 10))

    def save() -> Any:
        rev = next(revisions)
        body = {"_rev": str(rev), "name": f"Renamed {rev}"}
        return visitor.post(f"/e/deal/{deal}", body)

    asked: dict[str, tuple[Callable[[], Any], int]] = {
        "list, JSON": (lambda: visitor.api("GET", "/records/deal?count=capped"), LIST),
        "list, page": (lambda: visitor.get("/e/deal"), LIST),
        "record, JSON": (lambda: visitor.api("GET", f"/records/deal/{deal}"), RECORD + 1),
        "record, page": (lambda: visitor.get(f"/e/deal/{deal}"), RECORD + 1),
        "save, page": (save, SAVE),
    }
    found = {what: count(visitor, ask) for what, (ask, _) in asked.items()}

    assert {what: n for what, n in found.items() if n > asked[what][1]} == {}, found
