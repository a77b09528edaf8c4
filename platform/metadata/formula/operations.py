"""The operations formulas are made of, each once for every back end.

A row gives the Python function and the PostgreSQL expression. SQLite has neither decimals nor most of the
functions, but it runs in our process: there the same Python function is called, registered as `fl_<name>`.

Kinds: n number, t text, d day, m moment, b boolean, z time zone; a trailing * means any number of them. Operations
are empty when an operand is, unless `empties` says that the function handles empties itself. `chained` ones take
more than two operands, from left to right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import days, numbers, texts


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `{0}`, `{1}` stand for operands in the SQL, `{all}`, `{plus}` … for all of them."""

    name: str
    operands: str
    result: str
    python: Callable[..., Any]
    postgresql: str
    empties: bool = False
    chained: bool = False

    @property
    def weight(self) -> tuple[int, ...]:
        """How often each operand is written in the SQL; the last stands for all further ones."""
        if self.operands.endswith("*"):
            return (1,)
        return tuple(max(self.postgresql.count(f"{{{n}}}"), 1) for n in range(len(self.operands)))


def _between(text: str, low: object, high: object) -> str:
    """SQL of `text` where it lies strictly between the two, else NULL, written once. NULL stays NULL, because
    GREATEST passes it over and gives `low`.
    """
    return f"NULLIF(NULLIF(LEAST(GREATEST({text}, {low}), {high}), {low}), {high})"


def _whole(text: str, most: int) -> str:
    return f"CAST({_between(f'trunc({text})', -most, most)} AS INTEGER)"


def _count(text: str) -> str:
    return f"CAST(LEAST(GREATEST(trunc({text}), 0), {texts.MOST_CHARACTERS}) AS INTEGER)"


def _day(text: str) -> str:
    return _between(text, "DATE '0001-01-01'", "DATE '9999-12-31'")


def _local(text: str, zone: str) -> str:
    return f"(({text} AT TIME ZONE 'UTC') AT TIME ZONE {zone})"


_SCALED = "1." + "0" * numbers.PLACES
_POWER = _between("{1}", -1, numbers.HIGHEST_POWER + 1)
_START = f"CAST(CASE WHEN {{1}} < 1 THEN 1 ELSE LEAST(trunc({{1}}), {texts.MOST_CHARACTERS}) END AS INTEGER)"
_YEAR = f"CAST({_between('trunc({0})', days.YEARS[0] - 1, days.YEARS[1] + 1)} AS INTEGER)"
_MADE = (
    f"make_date({_YEAR}, 1, 1) + make_interval(0, {_whole('{1}', days.DATE_MONTHS + 1)} - 1, 0,"
    f" {_whole('{2}', days.DATE_DAYS + 1)} - 1)"
)
_SECONDS = _between("round({1} * 86400)", -days.MOST_DAYS * 86_400, days.MOST_DAYS * 86_400)
_MONTHS_LATER = f"make_interval(0, {_whole('{1}', days.MOST_MONTHS + 1)}"
_MONTHS = (
    "(extract(year from {1}) - extract(year from {0})) * 12 + extract(month from {1}) - extract(month from {0})"
    " - CASE WHEN extract(day from {1}) < extract(day from {0}) THEN 1 ELSE 0 END"
)

ARITHMETIC = (
    Operation("add", "n*", "n", numbers.add, "({plus})", chained=True),
    Operation("subtract", "nn", "n", numbers.subtract, "({0} - {1})"),
    Operation("multiply", "n*", "n", numbers.multiply, "({times})", chained=True),
    Operation(
        "divide", "nn", "n", numbers.divide, f"round({{0}} * {_SCALED} / NULLIF({{1}}, 0), {numbers.PLACES})"
    ),
    Operation("power", "nn", "n", numbers.power, f"round(power({{0}} * {_SCALED}, {_POWER}), {numbers.PLACES})"),
    Operation("negate", "n", "n", numbers.negate, "(-{0})"),
    Operation("percent", "n", "n", numbers.percent, "({0} * 0.01)"),
    Operation("settle", "n", "n", numbers.settle, f"round({{0}}, {numbers.SETTLED_PLACES})"),
    Operation("abs", "n", "n", numbers.absolute, "abs({0})"),
    Operation("round", "nn", "n", numbers.round_half_up, "round({0}, CAST({1} AS INTEGER))"),
    Operation("round_down", "nn", "n", numbers.round_down, "trunc({0}, CAST({1} AS INTEGER))"),
    Operation("round_up", "nnn", "n", numbers.round_up, "(sign({0}) * ceil(abs({0}) * {1}) * {2})"),
    Operation("floor", "n", "n", numbers.floor, "floor({0})"),
    Operation("modulo", "nn", "n", numbers.modulo, "mod(mod({0}, NULLIF({1}, 0)) + {1}, NULLIF({1}, 0))"),
    Operation("least", "n*", "n", numbers.least, "LEAST({all})", True),
    Operation("greatest", "n*", "n", numbers.greatest, "GREATEST({all})", True),
    Operation("least_text", "t*", "t", texts.least, "LEAST({all})", True),
    Operation("greatest_text", "t*", "t", texts.greatest, "GREATEST({all})", True),
    Operation("less", "nn", "b", lambda a, b: a < b, "({0} < {1})"),
    Operation("less_or_same", "nn", "b", lambda a, b: a <= b, "({0} <= {1})"),
    Operation("same", "nn", "b", numbers.same, "({0} IS NOT DISTINCT FROM {1})", True),
    Operation("total", "n*", "n", numbers.total, "({sum})", True),
    Operation(
        "finished",
        "nnn",
        "n",
        numbers.finished,
        _between("round({0}, CAST({1} AS INTEGER))", "-{2}", "{2}"),
    ),
)
TEXTS = (
    Operation("number_text", "n", "t", numbers.written, "CAST(trim_scale({0}) AS TEXT)"),
    Operation("day_text", "d", "t", days.written_day, "to_char({0}, 'YYYY-MM-DD')"),
    Operation(
        "moment_text", "mz", "t", days.written_moment, f"to_char({_local('{0}', '{1}')}, 'YYYY-MM-DD HH24:MI')"
    ),
    Operation(
        "boolean_text",
        "b",
        "t",
        texts.written_boolean,
        "CASE {0} WHEN TRUE THEN 'TRUE' WHEN FALSE THEN 'FALSE' END",
    ),
    Operation(
        "number_format",
        "nnntt",
        "t",
        numbers.formatted,
        "(to_char(round({0} * {1}, CAST({2} AS INTEGER)), {3}) || {4})",
    ),
    Operation("day_format", "dtt", "t", days.formatted_day, "to_char({0}, {2})"),
    Operation("moment_format", "mztt", "t", days.formatted_moment, f"to_char({_local('{0}', '{1}')}, {{3}})"),
    Operation("join", "t*", "t", texts.join, "NULLIF(concat({all}), '')", True, chained=True),
    Operation("left", "tn", "t", texts.left, f"NULLIF(left({{0}}, {_count('{1}')}), '')"),
    Operation("right", "tn", "t", texts.right, f"NULLIF(right({{0}}, {_count('{1}')}), '')"),
    Operation("middle", "tnn", "t", texts.middle, f"NULLIF(substr({{0}}, {_START}, {_count('{2}')}), '')"),
    Operation("length", "t", "n", texts.length, "CAST(char_length(COALESCE({0}, '')) AS NUMERIC)", True),
    Operation("lower", "t", "t", texts.lower, 'lower({0} COLLATE "C")'),
    Operation("upper", "t", "t", texts.upper, 'upper({0} COLLATE "C")'),
    Operation("trim", "t", "t", texts.trim, "NULLIF(btrim({0}, ' '), '')"),
)
DAYS = (
    Operation("local_day", "mz", "d", days.local_day, f"CAST({_local('{0}', '{1}')} AS DATE)"),
    Operation("add_days", "dn", "d", days.add_days, _day(f"({{0}} + {_whole('{1}', days.MOST_DAYS)})")),
    Operation("days_between", "dd", "n", days.days_between, "CAST({0} - {1} AS NUMERIC)"),
    Operation(
        "time_between",
        "mmn",
        "n",
        days.time_between,
        f"round(extract(epoch from ({{0}} - {{1}})) * {_SCALED} / {{2}}, {numbers.PLACES})",
    ),
    Operation(
        "add_time",
        "mn",
        "m",
        days.add_time,
        _between(
            f"({{0}} + CAST({_SECONDS} AS BIGINT) * INTERVAL '1 second')",
            "TIMESTAMP '0001-01-02'",
            "TIMESTAMP '9999-12-30'",
        ),
    ),
    Operation("day_of", "nnn", "d", days.day_of, _day(f"CAST({_MADE} AS DATE)")),
    Operation("year", "d", "n", days.year, "extract(year from {0})"),
    Operation("month", "d", "n", days.month, "extract(month from {0})"),
    Operation("day", "d", "n", days.day_in_month, "extract(day from {0})"),
    Operation("weekday_sunday", "d", "n", days.weekday_from_sunday, "(mod(extract(isodow from {0}), 7) + 1)"),
    Operation("weekday_monday", "d", "n", days.weekday_from_monday, "extract(isodow from {0})"),
    Operation("add_months", "dn", "d", days.add_months, _day(f"CAST({{0}} + {_MONTHS_LATER}) AS DATE)")),
    Operation(
        "end_of_month",
        "dn",
        "d",
        days.end_of_month,
        _day(f"CAST(date_trunc('month', {{0}} + {_MONTHS_LATER} + 1)) - INTERVAL '1 day' AS DATE)"),
    ),
    Operation("months_between", "dd", "n", days.months_between, f"CASE WHEN {{1}} >= {{0}} THEN {_MONTHS} END"),
)

OPERATIONS = {operation.name: operation for operation in (*ARITHMETIC, *TEXTS, *DAYS)}
