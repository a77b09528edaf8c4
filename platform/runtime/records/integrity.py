"""The database's last word on unique values and references, as errors of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError

from ...metadata.errors import Conflict, FieldError
from ...metadata.model import Entity
from ...metadata.physical import object_name, table_name


@contextmanager
def translated(entity: Entity) -> Iterator[None]:
    """Raises Conflict where the database refuses rows of `entity`: somebody else was faster than our checks."""
    try:
        yield
    except IntegrityError as error:
        raise conflict_of(entity, error) from error


def conflict_of(entity: Entity, error: IntegrityError) -> Conflict:
    """The conflict an IntegrityError means; the field is named where the database names it."""
    text = str(error.orig)
    diagnosis = getattr(error.orig, "diag", None)
    constraint = getattr(diagnosis, "constraint_name", None) or ""
    for field in entity.fields.values():
        if not field.unique and field.uniqueness is None:
            continue
        named = re.search(rf"\b{table_name(entity.key)}\.{field.key}\b", text)
        if constraint == object_name("uq", entity.key, field.key) or (not constraint and named):
            return Conflict("conflict_unique", fields=[FieldError(field.key, "conflict_unique")])
    return Conflict("conflict")
