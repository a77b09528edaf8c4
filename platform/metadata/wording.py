"""Words a user sees, in every language we speak, by key.

Each package keeps its words in `wording/<language>.json` beside its code and announces the folder with
`register`. Texts have named places (`{count}`); a missing key is an error, not an empty string. `{name:noun}` is a
label within a sentence: "New customer", though the label is "Customer".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LANGUAGES = ("zh", "en")

Label = str | Mapping[str, str]

_texts: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}


def register(folder: Path) -> None:
    """Add the texts of `folder/<language>.json`. Raises ValueError when a key is already taken."""
    for language in LANGUAGES:
        texts = json.loads((folder / f"{language}.json").read_text(encoding="utf-8"))
        taken = texts.keys() & _texts[language].keys()
        if taken:
            raise ValueError(f"wording keys defined twice: {sorted(taken)}")
        _texts[language].update(texts)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A text that is not worded yet, as data of another text: it is said in whatever language that one is."""

    key: str
    data: Mapping[str, Any] = field(default_factory=dict)


def say(key: str, lang: str, /, **data: Any) -> str:
    """The text of `key` in `lang` with `data` in its places. Raises KeyError for an unknown key."""
    text = _texts[lang if lang in _texts else "en"][key]
    if not data:
        return text
    return text.format_map({name: _worded(value, lang) for name, value in data.items()})


def _worded(value: Any, lang: str) -> Any:
    if isinstance(value, Phrase):
        return say(value.key, lang, **value.data)
    if isinstance(value, Mapping):
        return _Word(text_of(value, lang))
    return _Word(value) if isinstance(value, str) else value


class _Word(str):
    """A word that knows how it is written as a noun within a sentence; "VIP level" keeps its capitals."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        if spec != "noun":
            return super().__format__(spec)
        return self[:1].lower() + self[1:] if self[1:2].islower() else str(self)


def texts(lang: str) -> Mapping[str, str]:
    """All texts of one language, for the browser's part of the words."""
    return _texts[lang]


def text_of(label: Label | None, lang: str, default: str = "") -> str:
    """A label in `lang`, else in English, else in whatever language it has."""
    if label is None:
        return default
    if isinstance(label, str):
        return label
    return label.get(lang) or label.get("en") or next(iter(label.values()), default)


register(Path(__file__).parent / "wording")
