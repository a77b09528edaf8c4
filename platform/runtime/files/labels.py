"""The label of a field of files as SQL: what `uploads.facts_in` reads, looked up by the ids the value holds."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement

_FACTS = "id, name, size, media_type, width, height"


class FilesIn(FunctionElement[str]):
    """JSON of the files whose ids a set of numbers holds."""

    type = sa.Text()
    inherit_cache = True


@compiles(FilesIn)
def _files_in(element: Any, compiler: Any, **kw: Any) -> str:
    (ids,) = (compiler.process(part, **kw) for part in element.clauses)
    array = f"'[' || replace(trim({ids}, '|'), '|', ',') || ']'"
    return (
        f"(SELECT json_group_array(json_array({_FACTS})) FROM fl_file "
        f"WHERE fl_file.id IN (SELECT value FROM json_each({array})))"
    )


@compiles(FilesIn, "postgresql")
def _files_in_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    (ids,) = (compiler.process(part, **kw) for part in element.clauses)
    array = f"string_to_array(trim(both '|' from {ids}), '|')::bigint[]"
    return f"(SELECT json_agg(json_build_array({_FACTS}))::text FROM fl_file WHERE fl_file.id = ANY({array}))"


def files_in(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """The label of a column of files; NULL or no files where it is empty."""
    return FilesIn(sa.type_coerce(value, sa.Text))
