"""Records as JSON. What a field looks like is its type's affair; what is masked in a row is not in its object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, KeysView
from typing import Any

from ...metadata.fieldtype import FieldType
from ...metadata.model import Field
from ...rbac.access import Access
from ..records import Record
from ..records.paths import resolve

Dump = Callable[[Any], Any]


def dump_of(field: Field) -> Dump | None:
    """What turns a value of the field into JSON; None where it already is."""
    behaviour = field.behaviour
    if type(behaviour).dump is FieldType.dump:
        return None
    return lambda value: None if value is None else behaviour.dump(field, value)


class RecordDumper:
    """Dumps records of one entity; what each path needs is found out once, not per row."""

    def __init__(self, access: Access, entity: str) -> None:
        self.access, self.entity = access, entity
        self._plan: list[tuple[str, Dump]] = []
        self._paths: KeysView[str] = {}.keys()
        self._tables = {child.key: child.option("target") for child in access.catalog.children[entity]}

    def __call__(self, record: Record) -> dict[str, Any]:
        """The record's JSON object."""
        if record.keys() != self._paths:  # rows of one list have the same paths
            dumps = {path: self._dump_of(path) for path in record}
            self._plan = [(path, dump) for path, dump in dumps.items() if dump is not None]
            self._paths = record.keys()
        found = dict(record)
        for path, dump in self._plan:
            found[path] = dump(found[path])
        for path in record.masked:
            found.pop(path, None)
        return found

    def many(self, records: Iterable[Record]) -> list[dict[str, Any]]:
        """The objects of several records."""
        return [self(record) for record in records]

    def _dump_of(self, path: str) -> Dump | None:
        if path in self._tables:
            return RecordDumper(self.access, self._tables[path]).many
        return dump_of(resolve(self.access, self.entity, path)[-1])
