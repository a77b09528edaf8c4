"""The asynchronous part of a request: its body, read under a limit into form fields, files or strict JSON."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from anyio import fail_after
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from .call import MOST_FIELDS, Call, Pairs, Upload
from .errors import BadRequest, TooLarge, UnsupportedType, of_disk
from .strict_json import read_json

JSON = "application/json"
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
FORM_LIMIT = 4_000_000
IDLE_SECONDS = 30
MULTIPART_FIELDS = 2_000
MULTIPART_FILES = 20


async def read_body(request: Request, call: Call, *, json_limit: int, upload_limit: int) -> None:
    """Fill `form`, `files` and `json` of the call. Raises BadRequest and its kin."""
    kind, charset = _content_type(request)
    call.content_type = kind
    if kind == MULTIPART:
        await _read_multipart(request, call, upload_limit)
        return
    limit = json_limit if kind == JSON else FORM_LIMIT
    body = await _bytes(request, limit)
    if kind == JSON:
        if charset not in ("", "utf-8"):
            raise UnsupportedType(f"{kind}; charset={charset}")
        call.json = read_json(body)
    elif kind == URLENCODED:
        call.form = Pairs.parse(body, MOST_FIELDS)
    elif body:
        raise UnsupportedType(kind or "-")


def _content_type(request: Request) -> tuple[str, str]:
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = ""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    return kind.strip().lower(), charset


async def _bytes(request: Request, limit: int) -> bytes:
    return b"".join([part async for part in _parts(request, limit)])


async def _parts(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """The body as it comes. Raises TooLarge beyond the limit, BadRequest when it stops coming."""
    if int(request.headers.get("content-length") or 0) > limit:
        raise TooLarge(limit)
    size = 0
    stream = request.stream()
    while True:
        try:
            with fail_after(IDLE_SECONDS):
                part = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise BadRequest("slow", status=408) from None
        except ClientDisconnect:
            raise BadRequest("disconnected") from None
        size += len(part)
        if size > limit:
            raise TooLarge(limit)
        yield part


class _Parser(MultiPartParser):
    """Starlette's parser, which also says whether the last boundary came; a body cut short has none."""

    ended = False

    def on_end(self) -> None:
        self.ended = True

    def close(self) -> None:
        """Close the files, those of unfinished parts too."""
        for file in self._files_to_close_on_error:
            file.close()


async def _read_multipart(request: Request, call: Call, limit: int) -> None:
    parts = _parts(request, limit)
    parser = _Parser(request.headers, parts, max_files=MULTIPART_FILES, max_fields=MULTIPART_FIELDS)
    try:
        found = await parser.parse()
    except MultiPartException:
        raise BadRequest("multipart") from None
    except OSError as error:  # what is long is put aside on the disk while it comes
        raise of_disk(error) from error
    if not parser.ended:
        parser.close()
        raise BadRequest("multipart")
    fields: list[tuple[str, str]] = []
    files: dict[str, list[Upload]] = {}
    for name, value in found.multi_items():
        if isinstance(value, UploadFile):
            kind = value.content_type or ""
            files.setdefault(name, []).append(Upload(value.filename or "", value.size or 0, value.file, kind))
        else:
            fields.append((name, value))
    call.form, call.files = Pairs(fields), files
