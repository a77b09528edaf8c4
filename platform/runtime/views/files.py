"""Files and their pictures as browsers and programs fetch them."""

from __future__ import annotations

import io

from starlette.responses import Response
from starlette.routing import Route

from ...metadata.errors import NotFound
from ...metadata.uploads import PICTURES
from ..context import Context
from ..files import pictures, reading
from ..files.sending import Content, sent
from ..files.store import Store, key_of, picture_key
from ..http.call import Call
from ..http.serve import api

FRESH_SECONDS = 600
"""How long a browser shows a small picture again without asking; the file itself it always asks for."""


def file_content(ctx: Context, call: Call) -> Response:
    """The content of a file, to be saved; a picture is shown, unless `download=1`. The name is for people only."""
    assert ctx.site is not None
    call.query.only("download")
    row = reading.find(ctx, call.record_id())
    inline = row.width is not None and row.media_type in PICTURES and not call.query.flag("download")
    content = Content(key_of(row.sha256), row.sha256, row.media_type, row.name, inline, "private, no-cache")
    return sent(call, ctx.site.files, content)


def thumbnail(ctx: Context, call: Call) -> Response:
    """A picture made smaller, without any notes the original carries; made once and kept."""
    assert ctx.site is not None
    call.query.only()
    size = call.path["size"]
    row = reading.find(ctx, call.record_id())
    if size not in pictures.SIZES or row.width is None:
        raise NotFound()
    key = picture_key(row.sha256, size)
    if ctx.site.files.size(key) is None:
        _make(ctx.site.files, row.sha256, row.media_type, size)
    caching = f"private, max-age={FRESH_SECONDS}"
    return sent(
        call, ctx.site.files, Content(key, f"{row.sha256}.{size}", "image/webp", f"{size}.webp", True, caching)
    )


def _make(store: Store, sha256: str, media_type: str, size: str) -> None:
    try:
        whole = io.BytesIO(b"".join(store.read(key_of(sha256))))
        made = pictures.reduced(whole, media_type, size)
    except (KeyError, pictures.NoPicture):
        raise NotFound() from None
    store.write(picture_key(sha256, size), io.BytesIO(made))


routes = [
    Route("/files/{id}/{name}", api(file_content)),
    Route("/thumbnails/{id}/{size}", api(thumbnail)),
]
