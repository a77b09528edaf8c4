"""The operations formulas are made of, each once for every back end.

A row gives the Python function and the PostgreSQL expression. SQLite has neither decimals nor most of the
functions, but it runs in our process: there the same Python function is called, registered as `fl_<name>`.

Kinds: n number, t text, d day, m moment, b boolean, z time zone, r reference; w words and i ids of a set, a
address, p point, c time of day, h rich text; a trailing * means any number of them. Operations are empty when an
operand is, unless `empties` says that the function handles empties itself. `chained` ones take more than two
operands, from left to right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from . import days, numbers, structures, texts


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `{0}`, `{1}` stand for operands in the SQL, `{all}`, `{plus}` … for all of them, and
    `{table}` for the texts of `table` by key, as JSONB that is read once for a statement.
    """

    name: str
    operands: str
    result: str
    python: Callable[..., Any]
    postgresql: str
    empties: bool = False
    chained: bool = False
    table: Callable[[], Mapping[str, str]] | None = None

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


def _known(key: str) -> str:
    """The text of the table under a key."""
    return f"(CAST({{table}} AS JSONB) ->> {key})"


def _of_place(part: int) -> str:
    return f"(CAST(split_part({{0}}, chr(30), 2) AS JSONB) ->> {part})"


_CITIES = ", ".join(f"'{name}'" for name in structures.MUNICIPALITIES)
_CLOCK_FORM = "'^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$'"
_AT = "CAST(split_part({{{0}}}, ',', {1}) AS DOUBLE PRECISION)"
_PART = "(CAST({0} AS JSONB) #> CAST({1} AS TEXT[]))"
_HAS = "COALESCE(strpos({0}, '|' || {1} || '|') > 0, FALSE)"


def _metres() -> str:
    north, east, from_north, from_east = (f"radians({_AT.format(n, part)})" for n in (1, 0) for part in (1, 2))
    across = f"cos({from_north}) * cos({north}) * power(sin(({east} - {from_east}) / 2), 2)"
    chord = f"power(sin(({north} - {from_north}) / 2), 2) + {across}"
    along = f"CAST(round({2 * structures.EARTH} * asin(least(1, sqrt({chord})))) AS NUMERIC)"
    # LEAST passes over what is empty.
    return f"CASE WHEN {{0}} IS NOT NULL AND {{1}} IS NOT NULL THEN {along} END"


STRUCTURES = (
    Operation(
        "count_of",
        "w",
        "n",
        structures.count_of,
        "CAST(COALESCE(char_length({0}) - char_length(replace({0}, '|', '')) - 1, 0) AS NUMERIC)",
        True,
    ),
    Operation("has_word", "wt", "b", structures.has_word, _HAS, True),
    Operation("has_id", "ir", "b", structures.has_id, _HAS.replace("{1}", "CAST({1} AS TEXT)"), True),
    Operation("in_a_row", "wt", "t", structures.in_a_row, "replace(btrim({0}, '|'), '|', {1})"),
    Operation("place_text", "a", "t", structures.line_of, "split_part({0}, chr(30), 1)"),
    Operation("place_province", "a", "t", structures.province_of, f"NULLIF({_of_place(0)}, '')"),
    Operation(
        "place_city",
        "a",
        "t",
        structures.city_of,
        f"COALESCE(NULLIF({_of_place(1)}, ''), CASE WHEN {_of_place(0)} IN ({_CITIES}) THEN {_of_place(0)} END)",
    ),
    Operation("place_district", "a", "t", structures.district_of, f"NULLIF({_of_place(2)}, '')"),
    Operation("place_street", "a", "t", structures.street_of, f"NULLIF({_of_place(3)}, '')"),
    Operation("place_postcode", "a", "t", structures.postcode_of, f"NULLIF({_of_place(4)}, '')"),
    Operation(
        "region_text",
        "t",
        "t",
        structures.region_text,
        f"COALESCE({_known('{0}')}, {{0}})",
        table=structures.whole_names,
    ),
    Operation(
        "region_province",
        "t",
        "t",
        structures.region_province,
        _known("(left({0}, 2) || '0000')"),
        table=structures.provinces,
    ),
    Operation(
        "region_city",
        "t",
        "t",
        structures.region_city,
        _known("(left({0}, 4) || '00')"),
        table=structures.cities,
    ),
    Operation("region_district", "t", "t", structures.region_district, _known("{0}"), table=structures.districts),
    Operation(
        "point_text",
        "p",
        "t",
        structures.point_text,
        "(CAST(trim_scale(CAST(split_part({0}, ',', 1) AS NUMERIC)) AS TEXT) || ', ' ||"
        " CAST(trim_scale(CAST(split_part({0}, ',', 2) AS NUMERIC)) AS TEXT))",
    ),
    Operation("latitude", "p", "n", structures.latitude, "CAST(split_part({0}, ',', 1) AS NUMERIC)"),
    Operation("longitude", "p", "n", structures.longitude, "CAST(split_part({0}, ',', 2) AS NUMERIC)"),
    Operation("metres", "pp", "n", structures.metres, _metres()),
    Operation(
        "json_part",
        "tt",
        "t",
        structures.json_part,
        f"NULLIF(CASE WHEN jsonb_typeof({_PART}) IN ('string', 'number', 'boolean')"
        f" THEN {_PART} #>> '{{{{}}}}' END, '')",
    ),
    Operation("rich_text", "h", "t", structures.text_of_rich, "NULLIF(split_part({0}, chr(30), 1), '')"),
    Operation(
        "clock_text",
        "c",
        "t",
        structures.clock_text,
        "regexp_replace(CAST({0} AS TEXT), '^(..:..):00$', '\\1')",
    ),
    Operation(
        "clock_seconds",
        "t",
        "n",
        structures.clock_seconds,
        f"CASE WHEN {{0}} ~ {_CLOCK_FORM} THEN CAST(extract(epoch FROM CAST({{0}} AS TIME)) AS NUMERIC) END",
    ),
    Operation("clock_of", "mz", "t", structures.clock_of, f"to_char({_local('{0}', '{1}')}, 'HH24:MI:SS')"),
    Operation(
        "value_of",
        "t",
        "n",
        structures.value_of,
        "CASE WHEN btrim({0}, ' ') ~ '^-?[0-9]{{1,15}}([.][0-9]{{1,20}})?$' THEN"
        " round(CAST(btrim({0}, ' ') AS NUMERIC), 9) END",
    ),
    Operation(
        "holds",
        "tt",
        "b",
        structures.holds,
        'COALESCE(strpos(lower({0} COLLATE "C"), lower({1} COLLATE "C")) > 0, FALSE)',
        True,
    ),
)

OPERATIONS = {operation.name: operation for operation in (*ARITHMETIC, *TEXTS, *DAYS, *STRUCTURES)}
