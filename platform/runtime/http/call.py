"""One request as handlers see it: everything read, nothing lazy, no event loop.

`Pairs` holds query parameters and form fields. Asking for one value of a name that came twice is refused, because
the first and the last reader would disagree about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers

from .errors import BadRequest, UnknownParameter

MOST_PARAMETERS = 300
MOST_FIELDS = 20_000


class Pairs:
    """Names and texts in the order they came, names possibly more than once."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.pairs = pairs
        self._by_name: dict[str, list[str]] = {}
        for name, value in pairs:
            self._by_name.setdefault(name, []).append(value)

    @classmethod
    def parse(cls, text: bytes, most: int = MOST_PARAMETERS) -> Pairs:
        """Pairs of a query string or an urlencoded body. Raises BadRequest."""
        try:
            pairs = parse_qsl(
                text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=most, separator="&"
            )
        except ValueError:
            raise BadRequest("encoding") from None
        return cls(pairs)

    def one(self, name: str, default: str = "") -> str:
        """The only value of `name`, or `default`. Raises BadRequest when it came more than once."""
        values = self._by_name.get(name)
        if values is None:
            return default
        if len(values) > 1:
            raise BadRequest("duplicate_param", name=name[:80])
        return values[0]

    def many(self, name: str) -> list[str]:
        """All values of `name`, in order."""
        return list(self._by_name.get(name, ()))

    def number(self, name: str, default: int) -> int:
        """The only value of `name` as an integer, or `default`. Raises BadRequest."""
        text = self.one(name)
        if not text:
            return default
        if not (text.isascii() and text.lstrip("-").isdigit() and len(text) < 19):
            raise BadRequest("not_a_number", code="validation_failed", status=422, name=name)
        return int(text)

    def flag(self, name: str) -> bool:
        """Whether `name` came as 1 or true. Raises BadRequest for anything else than 0, 1, true, false."""
        text = self.one(name, "0")
        if text not in ("0", "1", "true", "false"):
            raise BadRequest("not_a_flag", code="validation_failed", status=422, name=name)
        return text in ("1", "true")

    def only(self, *names: str) -> None:
        """Raises UnknownParameter for a name not among `names`, BadRequest for one that came twice."""
        for name in self._by_name:
            if name not in names:
                raise UnknownParameter(name)
            self.one(name)

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def single(self) -> dict[str, str]:
        """All as a dictionary. Raises BadRequest for a name that came more than once."""
        return {name: self.one(name) for name in self._by_name}

    def items(self) -> list[tuple[str, str]]:
        """All pairs, in order."""
        return list(self.pairs)


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded file: the name its sender gave it (never a path to use), its size in bytes, its content."""

    name: str
    size: int
    file: IO[bytes]
    content_type: str = ""


NO_PAIRS = Pairs([])


@dataclass
class Call:
    """A request, read. `path` are the values of the address's places; `url` is path and query as asked."""

    method: str
    url: str
    path: Mapping[str, str]
    query: Pairs
    headers: Headers
    cookies: Mapping[str, str]
    form: Pairs = NO_PAIRS
    files: Mapping[str, list[Upload]] = field(default_factory=dict)
    json: Any = None
    content_type: str = ""
    client: str = ""
    secure: bool = False
    request_id: str = ""
    user: int = 0

    @property
    def is_htmx(self) -> bool:
        """Whether htmx asks for a fragment; going back in its history wants the whole page."""
        return "hx-request" in self.headers and "hx-history-restore-request" not in self.headers

    def record_id(self, name: str = "id") -> int:
        """The place `name` of the address as a record's id, 0 (which no record has) when it is none."""
        text = self.path[name]
        canonical = text.isascii() and text.isdigit() and not text.startswith("0") and len(text) < 19
        return int(text) if canonical else 0

    def upload(self, name: str) -> Upload:
        """The only file sent as `name`. Raises BadRequest when there is none or several."""
        found = self.files.get(name, [])
        if len(found) != 1:
            raise BadRequest("one_file", code="validation_failed", status=422, name=name)
        return found[0]

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises BadRequest when it is anything else."""
        if not isinstance(self.json, dict):
            raise BadRequest("json_object")
        return self.json

    def close(self) -> None:
        """Forget the uploaded files."""
        for uploads in self.files.values():
            for upload in uploads:
                upload.file.close()
