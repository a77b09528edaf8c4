"""Functions of days and moments, and adding to and subtracting them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .arithmetic import divided, floored
from .kinds import compared, in_seconds, settled, wanted
from .logic import choice
from .node import EMPTY, Node, apply, number
from .rows import Function, constant_text, constant_whole
from .structured import seconds_of
from .tree import refusal

_TIMED = ("date", "datetime")
_DAY_LONG = 86_400


def shifted(sign: str, left: Node, right: Node, position: int) -> Node | None:
    """`day + 3`, `day - day`, `moment - 0.5` …; None when neither side is a day or moment. Raises FormulaError."""
    if left.kind not in _TIMED and right.kind not in _TIMED:
        return None
    if right.kind in _TIMED and sign == "+" and left.kind == "number":
        left, right = right, left
    if left.kind in _TIMED and right.kind in _TIMED and sign == "-":
        return _difference(left, right, position)
    count = settled(right, position) if left.kind in _TIMED and right.kind in ("number", "null") else None
    if count is None:
        raise refusal("wrong_dates", position)
    if count.unit not in (0, _DAY_LONG):
        days = apply("divide", in_seconds(count), number(_DAY_LONG), digits=count.digits, places=20, dusty=True)
        # Of a day only whole ones are added; dust must not take one away.
        count = settled(days, position) if left.kind == "date" else days
    if sign == "-":
        count = apply("negate", count, digits=count.digits, places=count.places)
    return apply("add_days" if left.kind == "date" else "add_time", left, count)


def _difference(end: Node, start: Node, position: int) -> Node:
    if end.kind == start.kind == "datetime":
        return _time_between(end, start, _DAY_LONG)
    return _days([end, start], position)


def _time_between(end: Node, start: Node, seconds: int) -> Node:
    return apply("time_between", end, start, number(seconds), digits=12, places=20, dusty=True, unit=seconds)


def _day(argument: Node, position: int) -> Node:
    return wanted(argument, "date", position)


def _days(arguments: Sequence[Node], position: int) -> Node:
    end, start = (_day(argument, position) for argument in arguments)
    return apply("days_between", end, start, digits=7, whole=True, unit=_DAY_LONG)


def _hours(arguments: Sequence[Node], position: int) -> Node:
    if not any(argument.kind in ("date", "datetime") for argument in arguments):
        return _hours_of_day(arguments, position)
    end, start = (wanted(argument, "datetime", position) for argument in arguments)
    return _time_between(end, start, 3_600)


def _hours_of_day(arguments: Sequence[Node], position: int) -> Node:
    """Hours between two times of day."""
    end, start = (seconds_of(argument, position) for argument in arguments)
    passed = apply("subtract", end, start, digits=6, whole=True)
    return apply("divide", passed, number(3_600), digits=6, places=20, dusty=True, unit=3_600)


def _part(name: str) -> Callable[[Sequence[Node], int], Node]:
    return lambda arguments, position: apply(name, _day(arguments[0], position), digits=4, whole=True)


def _weekday(arguments: Sequence[Node], position: int) -> Node:
    kind = constant_whole(arguments[1], position, 1, 2) if len(arguments) == 2 else 1
    name = "weekday_sunday" if kind == 1 else "weekday_monday"
    return apply(name, _day(arguments[0], position), digits=1, whole=True)


def _date(arguments: Sequence[Node], position: int) -> Node:
    return apply("day_of", *(settled(argument, position) for argument in arguments))


def _months_later(name: str) -> Callable[[Sequence[Node], int], Node]:
    return lambda arguments, position: apply(name, _day(arguments[0], position), settled(arguments[1], position))


def _date_difference(arguments: Sequence[Node], position: int) -> Node:
    start, end = _day(arguments[0], position), _day(arguments[1], position)
    unit = constant_text(arguments[2], position).upper()
    if unit == "D":
        backwards = compared("<", end, start, position)
        return choice([(backwards, EMPTY)], _days([end, start], position), position)
    months = apply("months_between", start, end, digits=6, whole=True)
    if unit == "M":
        return months
    if unit == "Y":
        return floored(divided(months, number(12), position), position)
    raise refusal("unknown_unit", position, unit=unit[:20])


DATING = (
    Function("DATE", 3, 3, _date),
    Function("YEAR", 1, 1, _part("year")),
    Function("MONTH", 1, 1, _part("month")),
    Function("DAY", 1, 1, _part("day")),
    Function("WEEKDAY", 1, 2, _weekday),
    Function("DAYS", 2, 2, _days),
    Function("HOURS", 2, 2, _hours),
    Function("EDATE", 2, 2, _months_later("add_months")),
    Function("EOMONTH", 2, 2, _months_later("end_of_month")),
    Function("DATEDIF", 3, 3, _date_difference),
)
