"""A small server that speaks S3 as far as stores do. It checks signatures and can be made to fail.

PUT with `If-None-Match`, HEAD, GET with a range, deletion of several and listing by prefix, as the reference of
Amazon S3 has them; signatures are version 4.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

KEY, SECRET, REGION, BUCKET = "AKIATEST", "a secret/with+signs", "cn-north-1", "papers"
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_NAMED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>[^,]+), SignedHeaders=(?P<signed>[^,]+), "
    r"Signature=(?P<signature>\w+)"
)


class Bucket(ThreadingHTTPServer):
    """The server. `kept` are contents by key; `trouble` names what goes wrong: `drop`, `cut` or `busy`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.kept: dict[str, bytes] = {}
        self.trouble = ""
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def served_bucket() -> Iterator[Bucket]:
    """A bucket that answers until the end of the block."""
    bucket = Bucket()
    thread = threading.Thread(target=bucket.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield bucket
    finally:
        bucket.shutdown()
        bucket.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Bucket

    def log_message(self, *given: Any) -> None:
        """Tests say nothing."""

    def _begin(self) -> tuple[str, bytes] | None:
        """(key, body) of a request that is in order; None for one that was answered already."""
        size, place = int(self.headers.get("content-length") or 0), urlsplit(self.path).path
        self.server.asked.append(self.command)
        if self.server.trouble == "drop":
            self.rfile.read(size // 2)
            self.close_connection = True
            self.connection.close()
            return None
        body = self.rfile.read(size)
        if self.server.trouble == "busy":
            self._answer(503)
        elif not signed(self.command, self.path, self.headers, body):
            self._answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
        elif place.split("/")[1] != BUCKET:
            self._answer(404, b"<Error><Code>NoSuchBucket</Code></Error>")
        else:
            return unquote(place.partition(f"/{BUCKET}")[2].removeprefix("/")), body
        return None

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "content_length" not in headers:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _facts(self, content: bytes) -> dict[str, str]:
        return {"etag": f'"{hashlib.md5(content).hexdigest()}"', "last_modified": "Sat, 21 Nov 2026 08:00:00 GMT"}

    def do_PUT(self) -> None:
        """Keep a content, unless something is there and only a new one is wanted."""
        found = self._begin()
        if found is None:
            return
        key, body = found
        if key in self.server.kept and self.headers.get("if-none-match") == "*":
            return self._answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
        self.server.kept[key] = body
        return self._answer(200, **self._facts(body))

    def do_HEAD(self) -> None:
        """Size and time of a content."""
        found = self._begin()
        if found is not None:
            content = self.server.kept.get(found[0])
            if content is None:
                self._answer(404)
            else:
                self._answer(200, content_length=str(len(content)), **self._facts(content))

    def do_GET(self) -> None:
        """A content or a part of it; or the list of keys."""
        found = self._begin()
        if found is None:
            return None
        if not found[0]:
            return self._answer(200, self._listed(), content_type="application/xml")
        content = self.server.kept.get(found[0])
        if content is None:
            return self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        start, end = map(int, re.findall(r"\d+", self.headers.get("range", f"0-{len(content) - 1}")))
        part = content[start : end + 1]
        facts = {"content_range": f"bytes {start}-{start + len(part) - 1}/{len(content)}", **self._facts(content)}
        if self.server.trouble == "cut":
            self.close_connection = True
            return self._answer(206, part[: len(part) // 2], content_length=str(len(part)), **facts)
        return self._answer(206, part, **facts)

    def do_POST(self) -> None:
        """Delete the keys that the body names."""
        found = self._begin()
        if found is not None:
            keys = [key.decode() for key in re.findall(rb"<Key>(.*?)</Key>", found[1])]
            for key in keys:
                self.server.kept.pop(key, None)
            told = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
            self._answer(200, f'<DeleteResult xmlns="{NAMESPACE}">{told}</DeleteResult>'.encode())

    def _listed(self) -> bytes:
        prefix = dict(parse_qsl(urlsplit(self.path).query)).get("prefix", "")
        entries = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2026-11-21T08:00:00.000Z</LastModified>"
            f'<ETag>"x"</ETag><Size>{len(content)}</Size></Contents>'
            for key, content in sorted(self.server.kept.items())
            if key.startswith(prefix)
        )
        head = f"<Name>{BUCKET}</Name><Prefix>{escape(prefix)}</Prefix><IsTruncated>false</IsTruncated>"
        return f'<ListBucketResult xmlns="{NAMESPACE}">{head}{entries}</ListBucketResult>'.encode()


def signed(method: str, path: str, headers: Any, body: bytes) -> bool:
    """Whether the request bears the signature of our key, over this very body."""
    named = _NAMED.fullmatch(headers.get("authorization", ""))
    given = headers.get("x-amz-content-sha256", "")
    if named is None or named["key"] != KEY or given != hashlib.sha256(body).hexdigest():
        return False
    place = urlsplit(path)
    pairs = sorted(parse_qsl(place.query, keep_blank_values=True))
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    names = named["signed"].split(";")
    listed = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in names)
    request = "\n".join([method, quote(unquote(place.path)), query, listed, named["signed"], given])
    text = "\n".join(
        ["AWS4-HMAC-SHA256", headers["x-amz-date"], named["scope"], hashlib.sha256(request.encode()).hexdigest()]
    )
    key = f"AWS4{SECRET}".encode()
    for part in named["scope"].split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    is_now = abs((datetime.now(UTC) - _time(headers["x-amz-date"])).total_seconds()) < 900
    return is_now and hmac.compare_digest(hmac.new(key, text.encode(), "sha256").hexdigest(), named["signature"])


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
