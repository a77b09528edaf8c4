"""The tables of people and permission: users, departments, roles, sessions, tokens, and the policy's version.

They are made once with the other system tables and are no entities: their rows are written only by this package.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from ..metadata.columns import UtcDateTime, identifier, plain_text
from ..metadata.physical import DEPARTMENT_TABLE, USER_TABLE
from ..metadata.system_tables import register
from ..metadata.tables import state

metadata = register(sa.MetaData())
"""All tables below; made with the product's other system tables."""


def _key(target: str, name: str, on_delete: str | None = None) -> sa.ForeignKey:
    return sa.ForeignKey(f"{target}.id", name=name, ondelete=on_delete, use_alter=True)


users = sa.Table(
    USER_TABLE,
    metadata,
    sa.Column("id", identifier(), primary_key=True, autoincrement=True),
    sa.Column("login", plain_text(), nullable=False),
    sa.Column("name", plain_text(), nullable=False),
    sa.Column("password_hash", sa.Text),
    sa.Column("department_id", identifier(), _key(DEPARTMENT_TABLE, "fk_fl_user_department")),
    sa.Column("superior_id", identifier(), _key(USER_TABLE, "fk_fl_user_superior", "SET NULL")),
    sa.Column("email", plain_text()),
    sa.Column("phone", plain_text()),
    sa.Column("lang", sa.String(8), nullable=False, server_default="zh"),
    sa.Column("zone", sa.String(64), nullable=False, server_default="Asia/Shanghai"),
    sa.Column("theme", sa.String(16), nullable=False, server_default="auto"),
    sa.Column("kind", sa.String(16), nullable=False, server_default="normal"),
    sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("must_change_password", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("last_login_at", UtcDateTime),
    sa.Index("uq_fl_user_login", "login", unique=True),
    sa.Index("ix_fl_user_department", "department_id"),
    sa.Index("ix_fl_user_superior", "superior_id"),
    sqlite_autoincrement=True,
)

departments = sa.Table(
    DEPARTMENT_TABLE,
    metadata,
    sa.Column("id", identifier(), primary_key=True, autoincrement=True),
    sa.Column("key", plain_text(), nullable=False),
    sa.Column("name_zh", plain_text(), nullable=False),
    sa.Column("name_en", plain_text(), nullable=False),
    sa.Column("parent_id", identifier(), _key(DEPARTMENT_TABLE, "fk_fl_department_parent")),
    sa.Column("path", plain_text(), nullable=False),
    sa.Column("position", sa.Integer, nullable=False, server_default="0"),
    sa.Column("head_id", identifier(), _key(USER_TABLE, "fk_fl_department_head", "SET NULL")),
    sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Index("uq_fl_department_key", "key", unique=True),
    sa.Index("ix_fl_department_path", "path"),
    sa.Index("ix_fl_department_parent", "parent_id"),
    sqlite_autoincrement=True,
)

user_roles = sa.Table(
    "fl_user_role",
    metadata,
    sa.Column("user_id", identifier(), _key(USER_TABLE, "fk_fl_user_role_user", "CASCADE"), primary_key=True),
    sa.Column("role_key", plain_text(), primary_key=True),
    sa.Index("ix_fl_user_role_role", "role_key"),
)

sessions = sa.Table(
    "fl_session",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("user_id", identifier(), _key(USER_TABLE, "fk_fl_session_user", "CASCADE"), nullable=False),
    sa.Column("csrf", sa.String(64), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("user_agent", plain_text()),
    sa.Column("address", plain_text()),
    sa.Index("ix_fl_session_user", "user_id"),
    sa.Index("ix_fl_session_expires", "expires_at"),
)

tokens = sa.Table(
    "fl_token",
    metadata,
    sa.Column("id", identifier(), primary_key=True, autoincrement=True),
    sa.Column("user_id", identifier(), _key(USER_TABLE, "fk_fl_token_user", "CASCADE"), nullable=False),
    sa.Column("name", plain_text(), nullable=False),
    sa.Column("token_hash", sa.String(64), nullable=False),
    sa.Column("scope", sa.JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime),
    sa.Column("last_used_at", UtcDateTime),
    sa.Column("revoked_at", UtcDateTime),
    sa.Index("uq_fl_token_hash", "token_hash", unique=True),
    sa.Index("ix_fl_token_user", "user_id"),
    sqlite_autoincrement=True,
)

login_attempts = sa.Table(
    "fl_login_attempt",
    metadata,
    sa.Column("id", identifier(), primary_key=True, autoincrement=True),
    sa.Column("account", plain_text(), nullable=False),
    sa.Column("address", plain_text(), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index("ix_fl_login_attempt_account", "account", "at"),
    sa.Index("ix_fl_login_attempt_address", "address", "at"),
    sqlite_autoincrement=True,
)

POLICY = "policy"
"""Name of the `fl_state` row that every change of users, roles and departments moves, in the same transaction."""


@sa.event.listens_for(users, "after_create", propagate=True)
def _start_policy(target: sa.Table, conn: sa.Connection, **kwargs: Any) -> None:
    conn.execute(sa.insert(state).values(name=POLICY, version=1))


def insert(conn: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> int:
    """The id of a new row. Queries: 1."""
    key = conn.execute(sa.insert(table).values(dict(values))).inserted_primary_key
    assert key is not None
    return int(key[0])


def policy_version(conn: sa.Connection) -> int:
    """The version of users, roles and departments. Queries: 1."""
    return int(conn.execute(sa.select(state.c.version).where(state.c.name == POLICY)).scalar_one())


def bump_policy(conn: sa.Connection) -> None:
    """Move the version, so that no cached decision outlives the change of this transaction. Queries: 1.

    It becomes a number that was never used before. The next one in order might be one that a rolled back
    transaction had already, and what was remembered under it would come back.
    """
    conn.execute(sa.update(state).where(state.c.name == POLICY).values(version=secrets.randbits(62)))
