"""What the address of a dashboard says: period, department, owner; and what that means as Conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import sqlalchemy as sa

from ...metadata.errors import InvalidInput, NotFound
from ...metadata.layouts import Dashboard, Widget
from ...rbac.tables import departments, users
from ..records import paths
from .period import EVER, PERIODS, Period, read_period

if TYPE_CHECKING:
    from ..context import Context

PLACES = ("period", "owner", "department")
OWNER, DEPARTMENT = "owner", "owner_department"


@dataclass(frozen=True, slots=True)
class BoardState:
    """A dashboard as its reader asked for it. `below` are the ids of the department and all beneath it."""

    board: Dashboard
    period: Period
    owner: int | None = None
    department: int | None = None
    below: tuple[int, ...] = ()
    owner_name: str = ""
    department_name: str = ""

    def href(self, **changes: str | None) -> str:
        """The address with some parts changed; None takes a part away."""
        given = {
            "period": self.period.text,
            "owner": str(self.owner) if self.owner else None,
            "department": str(self.department) if self.department else None,
            **changes,
        }
        query = {name: given[name] for name in PLACES if given.get(name)}
        return f"/d/{self.board.key}" + ("?" + urlencode(query) if query else "")


def find_board(ctx: Context, key: str) -> Dashboard:
    """The dashboard, when the reader may see anything on it. Raises NotFound."""
    board = ctx.catalog.dashboards.get(key)
    if board is None or not any(ctx.access.may(widget.entity, "view") for widget in board.widgets):
        raise NotFound()
    return board


def usual_period(board: Dashboard) -> str:
    """The period a board shows where its address names none."""
    usual = str(board.filters.get("period", {}).get("default", EVER))
    return usual if usual in PERIODS else EVER


def read_state(ctx: Context, key: str, given: Mapping[str, str]) -> BoardState:
    """The state of an address. Raises NotFound, InvalidInput. Queries: 1 for each person or department given."""
    board = find_board(ctx, key)
    period = read_period(given.get("period") or usual_period(board), ctx.env.today)
    owner, department = _id(given, "owner"), _id(given, "department")
    below = _below(ctx, department) if department else {}
    return BoardState(
        board,
        period,
        owner,
        department,
        tuple(below),
        owner_name=_person(ctx, owner) if owner else "",
        department_name=below[department] if department else "",
    )


def _id(given: Mapping[str, str], name: str) -> int | None:
    text = given.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidInput("bad_parameter", name=name)
    return int(text)


def _person(ctx: Context, owner: int) -> str:
    """The name of a person. Raises InvalidInput."""
    name = ctx.conn.scalar(sa.select(users.c.name).where(users.c.id == owner))
    if name is None:
        raise InvalidInput("bad_parameter", name="owner")
    return str(name)


def _below(ctx: Context, department: int) -> dict[int, str]:
    """Names by id of the department and all beneath it. Raises InvalidInput."""
    path = sa.select(departments.c.path).where(departments.c.id == department).scalar_subquery()
    name = departments.c.name_zh if ctx.lang == "zh" else departments.c.name_en
    found = ctx.conn.execute(sa.select(departments.c.id, name).where(departments.c.path.startswith(path)))
    names = {row[0]: row[1] or "" for row in found}
    if department not in names:
        raise InvalidInput("bad_parameter", name="department")
    return names


def narrowing(ctx: Context, widget: Widget, state: BoardState, period: Period | None = None) -> list[Any]:
    """Conditions that the state puts on a widget. A widget without a date field is of all times.

    Raises UnknownField where the reader does not see what should narrow: all figures must not pass for somebody's.
    """
    period = period or state.period
    found: list[Any] = []
    day = widget.spec.get("date_field")
    if day and period.first and period.last:
        found.append({"field": day, "op": "between", "value": [str(period.first), str(period.last)]})
    if state.owner:
        found.append({"field": widget.spec.get("owner_field", OWNER), "op": "eq", "value": state.owner})
    if state.department:
        found.append({"field": DEPARTMENT, "op": "in", "value": list(state.below)})
    for condition in found:
        paths.resolve(ctx.access, widget.entity, condition["field"])
    return found
