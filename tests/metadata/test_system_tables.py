"""The system tables are made the same, whatever this process has made before."""

from pathlib import Path

import sqlalchemy as sa

from tests.prepared import on_postgresql, opened, prepare


def test_sqlite_keeps_its_foreign_keys_after_postgresql_was_prepared(tmp_path: Path):
    with on_postgresql() as database:
        prepare(database.url.render_as_string(hide_password=False))
    prepare(f"sqlite:///{tmp_path / 'after.db'}")

    with opened(f"sqlite:///{tmp_path / 'after.db'}") as database:
        keys = sa.inspect(database.engine).get_foreign_keys("fl_user")

    assert {key["constrained_columns"][0] for key in keys} == {"department_id", "superior_id"}
