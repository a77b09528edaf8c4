"""Records as JSON. What a field looks like is its type's affair; what is masked in a row is not in its object."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from ...metadata.fieldtype import FieldType
from ...metadata.model import Field
from ...rbac.access import Access
from ..records import Record
from ..records.kept import keep
from ..records.paths import resolve

Dump = Callable[[Any], Any]
Plan = tuple[tuple[str, Dump], ...]
"""The paths whose values are not yet JSON, with what makes them so."""


def dump_of(field: Field) -> Dump | None:
    """What turns a value of the field, not None, into JSON; None where it already is."""
    behaviour = field.behaviour
    return None if type(behaviour).dump is FieldType.dump else partial(behaviour.dump, field)


class RecordDumper:
    """Dumps records of one entity; what each path needs is found out once, not per row."""

    def __init__(self, access: Access, entity: str) -> None:
        self.access, self.entity = access, entity
        self._tables = {child.key: child.option("target") for child in access.catalog.children[entity]}

    def __call__(self, record: Record) -> dict[str, Any]:
        """The record's JSON object."""
        return self.many([record])[0]

    def many(self, records: Iterable[Record]) -> list[dict[str, Any]]:
        """The objects of records that have the same paths, as those of one list do."""
        records = list(records)
        found = [dict(record) for record in records]
        for path, dump in self._plan(found[0]) if found else ():
            for one in found:
                value = one[path]
                if value is not None:
                    one[path] = dump(value)
        for record, one in zip(records, found, strict=True):
            for path in record.masked:
                one.pop(path, None)
        return found

    def _plan(self, paths: Iterable[str]) -> Plan:
        """What is to be done with records of these paths."""
        paths = tuple(paths)
        place = ("dumps", self.access.actor, self.entity, paths)
        return keep(self.access.catalog, place, lambda: tuple(self._dumps(paths)))

    def _dumps(self, paths: Iterable[str]) -> Iterable[tuple[str, Dump]]:
        for path in paths:
            target = self._tables.get(path)
            dump = RecordDumper(self.access, target).many if target else self._dump_of(path)
            if dump is not None:
                yield path, dump

    def _dump_of(self, path: str) -> Dump | None:
        return dump_of(resolve(self.access, self.entity, path)[-1])
