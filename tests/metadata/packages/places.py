"""Places of documents to change, and ways to change them, for tests of upgrades. The same in every run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any

from formloom.metadata.nodes import join, own_name

Document = dict[str, Any]
Identity = tuple[str, str]
Documents = dict[Identity, Document]

SEED = 20261121


@dataclass(frozen=True)
class Place:
    """Something that can be changed: where, and what `side` ("mine" or "theirs") makes of it."""

    identity: Identity
    path: str
    change: Callable[[Documents, str], None]

    @property
    def name(self) -> str:
        """What a conflict there is called."""
        return f"{':'.join(self.identity)}#{self.path}"


def by_identity(documents: Any) -> Documents:
    """Copies of the documents by kind and key."""
    return {(document["kind"], document["key"]): deepcopy(dict(document)) for document in documents}


def changed(documents: Documents, places: Mapping[Place, str] | dict[Place, str]) -> Documents:
    """The documents with every place changed by its side."""
    result = deepcopy(documents)
    for place, side in places.items():
        place.change(result, side)
    return result


def labels(documents: Documents) -> list[Place]:
    """Every Chinese label of every node."""
    return [
        Place(identity, path, _writer(identity, steps))
        for identity, document in documents.items()
        for path, steps in _label_paths(document, "", ())
    ]


def _label_paths(node: Any, path: str, steps: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    if isinstance(node, dict):
        for name, inner in node.items():
            if name == "label" and isinstance(inner, dict) and "zh" in inner:
                yield f"{path}/label/zh", (*steps, "label", "zh")
            else:
                yield from _label_paths(inner, join(path, name), (*steps, name))
    elif isinstance(node, list):
        names = [own_name(item) for item in node]
        for name in names:
            if name is not None and names.count(name) == 1:
                yield from _label_paths(node[names.index(name)], join(path, name), (*steps, (name,)))


def _writer(identity: Identity, steps: tuple[Any, ...]) -> Callable[[Documents, str], None]:
    def write(documents: Documents, side: str) -> None:
        node: Any = documents[identity]
        for step in steps[:-1]:
            node = next(i for i in node if own_name(i) == step[0]) if isinstance(step, tuple) else node[step]
        node[steps[-1]] = f"{node[steps[-1]]}·{side}"

    return write


def new_fields(documents: Documents) -> list[Place]:
    """A field of its own in every entity."""

    def place(identity: Identity) -> Place:
        def add(found: Documents, side: str) -> None:
            field = {"key": f"{side}_note", "type": "text", "label": f"{side} note"}
            found[identity]["fields"].insert(2, field)

        return Place(identity, "/fields/note", add)

    return [place(identity) for identity in documents if identity[0] == "entity"]


def new_options(documents: Documents) -> list[Place]:
    """An option more in every option set."""

    def place(identity: Identity) -> Place:
        def add(found: Documents, side: str) -> None:
            found[identity]["options"].append({"key": f"{side}_more", "label": f"{side} more"})

        return Place(identity, "/options/more", add)

    return [place(identity) for identity in documents if identity[0] == "option_set"]


def fewer_columns(documents: Documents) -> list[Place]:
    """The last column less in lists that have several; the other side makes it wide instead."""

    def place(identity: Identity, name: str) -> Place:
        def cut(found: Documents, side: str) -> None:
            columns = found[identity]["columns"]
            if side == "mine":
                del columns[-1]
            else:
                columns[-1] = {"field": name, "width": 222}

        return Place(identity, join("/columns", name), cut)

    lists = {i: d for i, d in documents.items() if i[0] == "list" and len(d["columns"]) > 3}
    return [place(i, d["columns"][-1]) for i, d in lists.items() if isinstance(d["columns"][-1], str)]


def gone_lists(documents: Documents, gone: str) -> list[Place]:
    """Lists nothing names: side `gone` deletes them, the other makes them sort differently."""
    named = repr([d for i, d in documents.items() if i[0] in ("menu", "dashboard", "role")])

    def place(identity: Identity) -> Place:
        def change(found: Documents, side: str) -> None:
            if side == gone:
                del found[identity]
            else:
                found[identity]["sort"] = ["created_at"]

        return Place(identity, "", change)

    return [place(i) for i, d in documents.items() if i[0] == "list" and repr(i[1]) not in named and "sort" in d]


def pick(random: Random, places: list[Place], count: int, used: set[Identity | str]) -> list[Place]:
    """Some of the places, none of which is in a document or at a node already used."""
    free = [place for place in places if place.name not in used and place.identity not in used]
    chosen = random.sample(free, count)
    used |= {place.name for place in chosen}
    return chosen
