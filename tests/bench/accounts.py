"""Accounts made by the database itself, quickly; people, days and choices are spread as in a business."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy.engine import Connection

from formloom.metadata.database import Database

REGIONS = 30
PORTION = 100_000
DAY = 86_400
GRADES = ("A", "B", "B", "C", "C", "C", "D", "D", "E", "E")
LIFECYCLES = ("prospect", "prospect", "prospect", "ordinary", "ordinary", "loyal", "at_risk", "lost")
INDUSTRIES = ("electronics", "machinery", "biomedical", "chemical", "instrument", "environment", "software")
CITIES = ("上海", "苏州", "无锡", "中山", "广州", "深圳", "杭州", "宁波", "南京", "合肥", "武汉", "成都")


def fill_regions(conn: Connection) -> None:
    """The regions that accounts lie in."""
    for number in range(1, REGIONS + 1):
        conn.exec_driver_sql(
            "INSERT INTO r_region (rev, name, code, created_at, updated_at) "
            f"VALUES (1, '区域{number}', 'R{number}', '2026-01-01', '2026-01-01')"
        )


def fill(database: Database, count: int) -> None:
    """See that there are `count` accounts. Indexes are made anew, which is quicker than keeping them."""
    with database.writing() as conn:
        have = conn.exec_driver_sql("SELECT count(*) FROM r_account").scalar_one()
        if have >= count:
            return
        indexes = _indexes(conn)
        for name, _ in indexes:
            conn.exec_driver_sql(f"DROP INDEX {name}")
        for start in range(have, count, PORTION):
            conn.exec_driver_sql(_insert(conn, start + 1, min(start + PORTION, count)))
        for _, statement in indexes:
            conn.exec_driver_sql(statement)
    _settle(database)


def _indexes(conn: Connection) -> Sequence[tuple[str, str]]:
    """(name, the statement that makes it) of the table's indexes."""
    if conn.dialect.name == "sqlite":
        found = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'r_account' AND sql > ''"
    else:
        found = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'r_account' AND indexname !~ 'pkey$'"
    return [(row[0], row[1]) for row in conn.exec_driver_sql(found)]


def _settle(database: Database) -> None:
    """On PostgreSQL do what its own maintenance does a minute later."""
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql("VACUUM ANALYZE r_account")
            conn.exec_driver_sql("ANALYZE")


def _insert(conn: Connection, first: int, last: int) -> str:
    now = int(time.time()) // DAY * DAY
    sqlite = conn.dialect.name == "sqlite"

    def drawn(most: int) -> str:
        """A number from 0, below `most`."""
        return (
            f"((random() & 4611686018427387903) % {most})" if sqlite else f"((random() * 1e12)::bigint % {most})"
        )

    def pick(options: Sequence[str]) -> str:
        cases = " ".join(f"WHEN {place} THEN '{option}'" for place, option in enumerate(options))
        return f"CASE {drawn(len(options))} {cases} END"

    def moment(seconds: str) -> str:
        if sqlite:
            return f"strftime('%Y-%m-%d %H:%M:%S.000000', {seconds}, 'unixepoch')"
        return f"to_timestamp({seconds}) AT TIME ZONE 'UTC'"

    def day(seconds: str) -> str:
        return f"date({seconds}, 'unixepoch')" if sqlite else f"({moment(seconds)})::date"

    created = f"{now} - {drawn(3 * 365 * DAY)}"
    columns = {
        "rev": "1",
        "owner": "p.id",
        "owner_department": "p.department_id",
        "created_at": moment(created),
        "created_by": "p.id",
        "updated_at": moment(f"{now} - {drawn(365 * DAY)}"),
        "updated_by": "p.id",
        "deleted_at": f"CASE WHEN {drawn(50)} = 0 THEN {moment(str(now))} END",
        "no": "'KH' || n",
        "name": f"{pick(CITIES)} || '织表客户' || n || '有限公司'",
        "library": "'sales'",
        "intent_class": pick(("c10", "c80", "c99", "signed")),
        "lifecycle": pick(LIFECYCLES),
        "grade": pick(GRADES),
        "is_key_account": f"{drawn(9)} = 0",
        "is_personal": "false",
        "source": pick(("website", "campaign", "referral", "exhibition", "phone")),
        "industry": pick(INDUSTRIES),
        "annual_revenue": f"{drawn(100000000)} / 1.0",
        "region": f"1 + {drawn(REGIONS)}",
        "city": pick(CITIES),
        "address": f"'某某路' || {drawn(999)} || '号'",
        "phone": f"'021-' || (50000000 + {drawn(9999999)})",
        "contact_name": pick(("王芳", "李娜", "张敏", "刘洋", "陈静", "赵磊")),
        "mobile": f"'138' || (10000000 + {drawn(89999999)})",
        "first_contact_on": day(created),
        "next_followup_at": f"CASE WHEN {drawn(3)} = 0 THEN {moment(f'{now} + {drawn(60 * DAY)}')} END",
        "general_review": "'none'",
        "onboarding": "'none'",
        "payment_term": "'prepaid'",
        "prepay_percent": "100",
        "member_level": "'none'",
        "followup_count": "0",
        "contract_amount": f"{drawn(900000)} / 1.0",
        "received_amount": "0",
        "receivable_amount": f"{drawn(900000)} / 1.0",
        "completeness": "60",
    }
    if sqlite:
        numbers = f"(WITH RECURSIVE s(n) AS (VALUES({first}) UNION ALL SELECT n + 1 FROM s WHERE n < {last}) "
        numbers += "SELECT n FROM s)"
    else:
        numbers = f"(SELECT generate_series({first}::bigint, {last}) AS n)"
    mixed = "(n * 2654435761 % 4294967291)"
    # Some have far more customers than others.
    person = f"({mixed} % 100 * ({mixed} / 100 % 100) / 100 + 50 * ({mixed} / 10000 % 2)) % 100"
    people = (
        "SELECT id, department_id, row_number() OVER (ORDER BY id) - 1 AS place FROM fl_user WHERE login <> 'boss'"
    )
    statement = (
        f"INSERT INTO r_account ({', '.join(columns)}) SELECT {', '.join(columns.values())} "
        f"FROM {numbers} numbers JOIN ({people}) p ON p.place = {person}"
    )
    return statement if sqlite else statement.replace("%", "%%")
