"""The console in the reader's language: the library's words and ours, looked up by their English text."""

from __future__ import annotations

from contextvars import ContextVar
from html import escape
from pathlib import Path

from ...metadata.wording import register, texts

register(Path(__file__).parents[1] / "wording" / "console")

_PREFIX = "console."
_language: ContextVar[str] = ContextVar("console_language", default="en")
_chinese = {text: texts("zh")[key] for key, text in texts("en").items() if key.startswith(_PREFIX)}


def speak(language: str) -> None:
    """Use this language for the request at hand."""
    _language.set(language)


def language() -> str:
    """The language of the request at hand."""
    return _language.get()


def translated(text: str) -> str:
    """The text in the language of the request at hand; as it is where there is no other."""
    return _chinese.get(text, text) if _language.get() == "zh" else text


def plural(one: str, many: str, count: int) -> str:
    """The form of a text for a number of things."""
    return translated(one if count == 1 else many)


class Lazy(str):
    """A text that is translated each time it is shown. To programs it is the English one."""

    def __str__(self) -> str:
        return translated(self[:])

    def __html__(self) -> str:
        return escape(str(self))


def lazily(text: str) -> Lazy:
    """The text, to be translated when it is shown. Raises KeyError where there is no translation."""
    if text not in _chinese:
        raise KeyError(text)
    return Lazy(text)
