"""What a request must look like, and what every answer carries. Bad ones are refused with a reason."""

import json
import logging

import pytest
import sqlalchemy as sa
from starlette.responses import Response
from starlette.routing import Route

from formloom.metadata.database import Database
from formloom.metadata.errors import FieldError, InvalidInput
from formloom.rbac.tables import users
from formloom.runtime.http.answer import json_answer, local_address
from formloom.runtime.http.errors import BadRequest
from formloom.runtime.http.serve import api, page
from formloom.runtime.http.strict_json import DEPTH, read_json
from tests.runtime.world import Program, Visitor, site_of


def echo(ctx, call):
    return json_answer({"json": call.json, "form": call.form.items(), "who": ctx.actor.login})


def rename(ctx, call):
    """Writes, then ends as the query says."""
    ctx.conn.execute(sa.update(users).where(users.c.id == ctx.actor.id).values(name="Changed"))
    how = call.query.one("end")
    if how == "refuse":
        raise InvalidInput(fields=[FieldError("name", "required")])
    if how == "answer":
        return Response("no", 422)
    if how == "break":
        raise RuntimeError("a secret detail")
    return json_answer({})


def probes(builder):
    builder.add_routes(
        Route("/probe", page(echo), methods=["GET", "POST"]),
        Route("/api/v1/probe", api(echo), methods=["GET", "POST"]),
        Route("/api/v1/rename", api(rename, write=True), methods=["POST"]),
        Route("/rename", page(rename, write=True), methods=["POST"]),
    )


@pytest.fixture
def probe(world: Database, tmp_path) -> Visitor:
    return Visitor(site_of(world, tmp_path), (probes,)).sign_in("sally")


def name_of(database: Database, login: str) -> str:
    with database.reading() as conn:
        return conn.scalar(sa.select(users.c.name).where(users.c.login == login))


# ------------------------------------------------------------------ bodies

BAD_JSON = {
    "trailing comma": (b'{"a":1,}', 400),
    "byte order mark": (b'\xef\xbb\xbf{"a":1}', 400),
    "overlong UTF-8": (b'{"a":"\xc0\xaf"}', 400),
    "lone surrogate": (b'{"a":"\\ud800"}', 400),
    "duplicate keys": (b'{"owner":1,"owner":2}', 400),
    "duplicate keys inside": (b'{"a":[{"b":1,"b":2}]}', 400),
    "NaN": (b'{"a":NaN}', 400),
    "Infinity": (b'{"a":Infinity}', 400),
    "1e400": (b'{"a":1e400}', 400),
    "5,000 digits": (b'{"a":' + b"1" * 5000 + b"}", 400),
    "100 digits": (b'{"a":' + b"1" * 100 + b"}", 400),
    "depth 100,000": (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
    "depth just too much": (b"[" * (DEPTH + 1) + b"]" * (DEPTH + 1), 400),
    "empty": (b"", 400),
    "white space": (b"  ", 400),
    "half": (b'{"a":', 400),
    "too long": (b'"' + b"a" * 8_000_001 + b'"', 413),
}


@pytest.mark.parametrize("case", BAD_JSON)
def test_json_that_readers_could_disagree_about_is_refused(probe: Visitor, case: str):
    body, status = BAD_JSON[case]
    answer = probe.api("POST", "/probe", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) == {"type", "title", "status", "code", "detail", "errors", "request_id"}


def test_json_numbers_keep_their_places():
    found = read_json(b'{"a": 1234.50, "b": -0, "c": 9007199254740993, "d": 1e2}')

    assert [str(value) for value in found.values()] == ["1234.50", "0", "9007199254740993", "1E+2"]


def test_json_as_deep_as_allowed_is_read():
    assert read_json(b"[" * DEPTH + b"]" * DEPTH)


BAD_TYPES = {
    "other charset": ("application/json; charset=utf-16", b"{}", 415),
    "text/json": ("text/json", b"{}", 415),
    "xml": ("application/xml", b"<a/>", 415),
    "none": ("", b"{}", 415),
    "100,000 fields": ("application/x-www-form-urlencoded", b"a=1&" * 100_000, 400),
    "one huge field": ("application/x-www-form-urlencoded", b"a=" + b"x" * 5_000_000, 413),
    "not UTF-8": ("application/x-www-form-urlencoded", b"a=%ff%fe", 400),
    "no boundary": ("multipart/form-data", b"--x\r\n", 400),
    "no closing boundary": (
        "multipart/form-data; boundary=x",
        b'--x\r\ncontent-disposition: form-data; name="a"; filename="b"\r\n\r\nabc',
        400,
    ),
    "10,000 parts": (
        "multipart/form-data; boundary=x",
        b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n' * 10_000 + b"--x--\r\n",
        400,
    ),
    "a part with a huge header": (
        "multipart/form-data; boundary=x",
        b'--x\r\ncontent-disposition: form-data; name="' + b"a" * 1_000_000 + b'"\r\n\r\n1\r\n--x--\r\n',
        400,
    ),
}


@pytest.mark.parametrize("case", BAD_TYPES)
def test_bodies_of_other_kinds_are_refused(probe: Visitor, case: str):
    kind, body, status = BAD_TYPES[case]

    answer = probe.api("POST", "/probe", content=body, headers={"content-type": kind} if kind else {})

    assert answer.status_code == status


def test_a_compressed_body_is_refused(probe: Visitor):
    answer = probe.api(
        "POST", "/probe", content=b"{}", headers={"content-type": "application/json", "content-encoding": "gzip"}
    )

    assert answer.status_code == 415


def test_a_body_sent_in_chunks_is_limited_too(probe: Visitor):
    def chunks():
        yield from (b"a" * 1_000_000 for _ in range(9))

    answer = probe.api("POST", "/probe", content=chunks(), headers={"content-type": "application/json"})

    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"


# ------------------------------------------------------------------ addresses, hosts, methods

BAD_REQUESTS = {
    "host with a path": ("GET", "/healthz", {"host": "a/b"}, 400),
    "host with a question mark": ("GET", "/healthz", {"host": "x?y"}, 400),
    "empty host": ("GET", "/healthz", {"host": ""}, 400),
    "unknown host": ("GET", "/healthz", {"host": "evil.example"}, 400),
    "port out of range": ("GET", "/healthz", {"host": "localhost:99999"}, 400),
    "two slashes": ("GET", "//api//v1", {}, 404),
    "encoded dots": ("GET", "/api/%2e%2e/v1", {}, 404),
    "NUL": ("GET", "/api/x%00", {}, 404),
    "path parameter": ("GET", "/healthz;a=b", {}, 404),
    "8 KB path": ("GET", "/" + "a" * 8_000, {}, 400),
    "trailing slash": ("GET", "/healthz/", {}, 404),
    "other case": ("GET", "/HEALTHZ", {}, 404),
    "private path with a public one behind": ("GET", "/api/v1/probe%3f/login", {}, 404),
    "TRACE": ("TRACE", "/healthz", {}, 405),
    "unknown method": ("METADATA", "/healthz", {}, 405),
    "method of an object": ("__INIT__", "/healthz", {}, 405),
    "wrong method": ("DELETE", "/api/v1/probe", {}, 405),
    "8 KB of cookies times five": ("GET", "/healthz", {"cookie": "a=" + "b" * 40_000}, 400),
}


@pytest.mark.parametrize("case", BAD_REQUESTS)
def test_odd_requests_are_refused(probe: Visitor, case: str):
    method, path, headers, status = BAD_REQUESTS[case]

    answer = probe.another().http.request(method, path, headers=headers)

    assert answer.status_code in (status, 414, 431)
    assert answer.headers["x-request-id"]


def test_a_host_that_is_an_address_is_served(probe: Visitor):
    for host in ("127.0.0.1:8000", "192.168.0.7", "[::1]:8000", "localhost"):
        assert probe.get("/healthz", headers={"host": host}).status_code == 200


def test_method_overrides_are_ignored(probe: Visitor):
    answer = probe.http.get("/healthz?_method=DELETE", headers={"x-http-method-override": "DELETE"})

    assert answer.status_code == 200


def test_405_names_all_methods_of_the_address(probe: Visitor):
    answer = probe.http.request("PUT", "/login")

    assert answer.headers["allow"] == "GET, HEAD, POST"


def test_head_is_get_without_a_body(probe: Visitor):
    answer = probe.http.head("/api/v1/probe")

    assert (answer.status_code, answer.content) == (200, b"")


def test_no_other_origin_is_let_in(probe: Visitor):
    answer = probe.get("/api/v1/probe", headers={"origin": "https://evil.example"})

    assert "access-control-allow-origin" not in answer.headers


def test_every_answer_carries_the_headers_that_protect(probe: Visitor):
    for path in ("/healthz", "/login", "/api/v1/probe", "/nowhere", "/api/v1/nowhere"):
        headers = probe.get(path).headers

        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"


# ------------------------------------------------------------------ parameters


def test_a_parameter_given_twice_is_refused():
    from formloom.runtime.http.call import Pairs

    pairs = Pairs.parse(b"limit=1&limit=9999")

    with pytest.raises(BadRequest) as refused:
        pairs.one("limit")
    assert refused.value.status == 400


def test_a_token_in_the_address_is_refused(probe: Visitor):
    assert probe.get("/api/v1/probe?token=fl_abc").status_code == 400


# ------------------------------------------------------------------ forged requests

FORGED = {
    "no token": ({"sec-fetch-site": "same-origin"}, False),
    "another site": ({"sec-fetch-site": "cross-site"}, True),
    "another subdomain": ({"sec-fetch-site": "same-site"}, True),
    "another origin": ({"origin": "https://evil.example"}, True),
    "origin null": ({"origin": "null"}, True),
    "same name, other port": ({"origin": "http://localhost:9"}, True),
}


@pytest.mark.parametrize("surface", ["/api/v1/rename", "/rename"])
@pytest.mark.parametrize("case", FORGED)
def test_a_change_must_come_from_our_own_pages(probe: Visitor, case: str, surface: str):
    headers, with_token = FORGED[case]
    if with_token:
        headers = {**headers, "x-csrf-token": probe.csrf}

    answer = probe.http.post(surface, headers=headers)

    assert answer.status_code == 403
    assert name_of(probe.site.database, "sally") == "Sally"


def test_another_sessions_token_does_not_serve(probe: Visitor):
    other = probe.another().sign_in("simon")

    answer = probe.http.post("/rename", headers={"x-csrf-token": other.csrf})

    assert answer.status_code == 403


def test_json_as_text_is_no_way_around(probe: Visitor):
    answer = probe.http.post("/api/v1/rename", content=b"{}", headers={"content-type": "text/plain"})

    assert answer.status_code in (403, 415)
    assert name_of(probe.site.database, "sally") == "Sally"


def test_our_own_pages_may_change_things(probe: Visitor):
    proof = {"x-csrf-token": probe.csrf, "origin": "http://localhost", "sec-fetch-site": "same-origin"}

    answer = probe.http.post("/rename", headers=proof)

    assert answer.status_code == 200
    assert name_of(probe.site.database, "sally") == "Changed"


def test_a_program_with_a_token_needs_no_csrf_token(probe: Visitor):
    answer = Program(probe, "sally").call("POST", "/rename")

    assert answer.status_code == 200


# ------------------------------------------------------------------ transactions and failures


@pytest.mark.parametrize(("end", "status"), [("refuse", 422), ("answer", 422), ("break", 500)])
def test_what_is_refused_saves_nothing(probe: Visitor, end: str, status: int, caplog: pytest.LogCaptureFixture):
    answer = probe.api("POST", f"/rename?end={end}")

    assert answer.status_code == status
    assert name_of(probe.site.database, "sally") == "Sally"
    assert "secret" not in answer.text and "Traceback" not in answer.text
    if end == "break":
        assert answer.json()["request_id"] in caplog.text


def test_a_question_that_takes_too_long_is_stopped_and_nothing_is_lost(world: Database, tmp_path):
    endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c"

    def ask(ctx, call):
        ctx.conn.exec_driver_sql(endless if world.is_sqlite else "SELECT pg_sleep(60)")
        return json_answer({})

    slow = site_of(world, tmp_path, statement_seconds=1)
    visitor = Visitor(slow, (lambda b: b.add_routes(Route("/api/v1/ask", api(ask))),)).sign_in("sally")

    answers = [visitor.get("/api/v1/ask") for _ in range(2)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(504, "timeout")] * 2
    assert visitor.get("/api/v1/me").status_code == 200


def test_a_refused_field_is_named_in_the_readers_language(probe: Visitor):
    english = probe.api("POST", "/rename?end=refuse").json()
    chinese = probe.another().sign_in("simon").api("POST", "/rename?end=refuse").json()

    assert english["errors"][0]["field"] == chinese["errors"][0]["field"] == "name"
    assert english["errors"][0]["code"] == "required"
    assert english["errors"][0]["message"].isascii() and not chinese["errors"][0]["message"].isascii()


def test_nobody_is_sent_to_the_sign_in_page_and_programs_get_a_401(probe: Visitor):
    nobody = probe.another()

    assert nobody.get("/probe?a=1").headers["location"] == "/login?next=%2Fprobe%3Fa%3D1"
    assert nobody.get("/probe", headers={"hx-request": "true"}).headers["hx-redirect"].startswith("/login")
    assert nobody.get("/api/v1/probe").status_code == 401
    assert nobody.http.post("/probe").status_code == 401


BAD_AUTHORIZATION = {
    "basic": "Basic c2FsbHk6cGFzcw==",
    "empty": "Bearer ",
    "no scheme": "fl_abc",
    "unknown": "Bearer fl_unknown",
    "10 KB": "Bearer fl_" + "a" * 10_000,
}


@pytest.mark.parametrize("case", BAD_AUTHORIZATION)
def test_a_bad_token_is_refused_even_beside_a_good_session(probe: Visitor, case: str):
    answer = probe.get("/api/v1/probe", headers={"authorization": BAD_AUTHORIZATION[case]})

    assert answer.status_code == 401


def test_two_authorization_headers_are_refused(probe: Visitor):
    program = Program(probe, "sally")
    header = ("authorization", f"Bearer {program.secret}")

    assert program.http.get("/api/v1/probe", headers=[header, header]).status_code == 401


ELSEWHERE = (
    "//evil /\\evil https:evil \\\\evil javascript:x %2f%2fevil /%09/evil x /%2fevil https://evil/ /%252f%252fe/"
).split(" ") + ["", "/\tevil"]


@pytest.mark.parametrize("address", ELSEWHERE)
def test_only_our_own_paths_are_followed_after_signing_in(address: str):
    assert local_address(address) == "/"


def test_our_own_paths_are_followed():
    assert local_address("/e/company?filter=%7B%22a%22%3A1%7D") == "/e/company?filter=%7B%22a%22%3A1%7D"


def test_the_log_has_one_line_per_request_without_values(probe: Visitor, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, "formloom.access")
    probe.get("/api/v1/probe?city=secret%0aline")

    lines = [record.getMessage() for record in caplog.records if record.name == "formloom.access"]
    assert len(lines) == 1
    line = json.loads(lines[0])
    assert (line["path"], line["status"]) == ("/api/v1/probe", 200)
    assert line["user"] > 0 and "secret" not in lines[0]
