"""Nodes of documents in words, for people who never see a document: where something is, and what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from . import wording
from .nodes import MISSING, ORDER, aligned, split
from .wording import LANGUAGES, say, text_of

wording.register(Path(__file__).parent / "wording" / "nodes")

STEP = " › "
MOST_LINES = 12
LONGEST_LINE = 300

_NAMES = ("title", "field", "key", "entity")


def kind_in_words(kind: str, lang: str) -> str:
    """What a kind of document is called."""
    return _word(f"node.kind.{kind}", kind, lang)


def path_in_words(path: str, lang: str, *trees: Any, names: Mapping[str, str] = MappingProxyType({})) -> str:
    """Where a path leads, found its way in whichever of the trees has it: `字段“规模” › 名称 › 中文`.

    `names` are what items without a label of their own are called, by key: fields in the layouts of their entity.
    """
    nodes = [tree for tree in trees if tree is not MISSING]
    words: list[str] = []
    holder = ""
    for part in split(path):
        if part == ORDER:
            words.append(say("node.order", lang))
        elif any(isinstance(node, Mapping) for node in nodes):
            nodes = [node[part] for node in nodes if isinstance(node, Mapping) and part in node]
            words.append(_word(f"node.{part}", part, lang))
            holder = part
        else:
            nodes = [node for node in _items(nodes, part) if node is not MISSING]
            # `Fields › field “size”` would say fields twice.
            said_twice = f"node.item.{holder}" in wording.texts(lang)
            words[-1 if said_twice else len(words) :] = [_item_in_words(holder, part, nodes, lang, names)]
            holder = ""
    return STEP.join(words) or say("node.document", lang)


def _items(nodes: Sequence[Any], name: str) -> Iterator[Any]:
    lists = [node for node in nodes if isinstance(node, list | tuple)]
    if lists:
        yield from (named.get(name, MISSING) for named in aligned(*lists))


def _item_in_words(holder: str, name: str, nodes: Sequence[Any], lang: str, names: Mapping[str, str]) -> str:
    shown = next((text for node in nodes if (text := _name_of(node, lang))), "")
    shown = names.get(shown.lstrip("-"), shown)
    if not shown and name.startswith("@"):
        shown = say("node.number", lang, number=int(name[1:].partition("#")[0]) + 1)
    elif not shown:
        shown = say("node.new", lang) if name.startswith("+") else name.lstrip(":")
    key = f"node.item.{holder}"
    return say(key if key in wording.texts(lang) else "node.item.other", lang, name=shown)


def _name_of(node: Any, lang: str) -> str:
    """What an item calls itself."""
    if isinstance(node, Mapping):
        label = node.get("label")
        if isinstance(label, str) or (isinstance(label, Mapping) and label):
            return text_of(label, lang)
        named = next(
            (node[key] for key in ("title", "field", "key", "entity") if isinstance(node.get(key), str)), ""
        )
        return str(named)
    return node if isinstance(node, str) else ""


def _word(key: str, default: str, lang: str) -> str:
    return say(key, lang) if key in wording.texts(lang) else default


def value_in_words(value: Any, lang: str) -> list[str]:
    """What a node says, one line per part of it; never JSON."""
    lines = [line[:LONGEST_LINE] for line in _lines(value, lang)] or [say("node.nothing", lang)]
    if len(lines) > MOST_LINES:
        lines[MOST_LINES - 1 :] = [say("node.more", lang, count=len(lines) - MOST_LINES + 1)]
    return lines


def _lines(value: Any, lang: str) -> Iterator[str]:
    if value is MISSING or value is None:
        yield say("node.nothing", lang)
    elif isinstance(value, Mapping) and value.keys() <= set(LANGUAGES):
        yield " / ".join(str(value[each]) for each in LANGUAGES if each in value)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _under(_word(f"node.{name}", str(name), lang), list(_lines(inner, lang)), lang)
    elif isinstance(value, list | tuple):
        yield from _list_lines(value, lang)
    else:
        yield _plain(value, lang)


def _list_lines(items: Sequence[Any], lang: str) -> Iterator[str]:
    if not any(isinstance(item, Mapping | list | tuple) for item in items):
        yield ("、" if lang == "zh" else ", ").join(_plain(item, lang) for item in items)
        return
    for number, item in enumerate(items, 1):
        title = _name_of(item, lang) or say("node.number", lang, number=number)
        inner = {k: v for k, v in item.items() if k != "label"} if isinstance(item, Mapping) else item
        yield from _under(title, list(_lines(inner, lang)) if inner else [], lang)


def _under(title: str, lines: list[str], lang: str) -> Iterator[str]:
    """The lines with what they belong to: on one line, or each behind it."""
    if len(lines) == 1:
        yield title + say("node.between", lang) + lines[0]
    else:
        yield from ([title] if not lines else (f"{title}{STEP}{line}" for line in lines))


def _plain(value: Any, lang: str) -> str:
    if isinstance(value, bool):
        return say("node.yes" if value else "node.no", lang)
    return str(value) if value is not None else say("node.nothing", lang)
