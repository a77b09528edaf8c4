"""Every error has a code, a status that fits, words in both languages, and one shape on the wire."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from starlette.routing import Route

import formloom.importers
import formloom.runtime
from formloom.metadata.errors import FieldError, FormloomError, UnknownField
from formloom.metadata.wording import LANGUAGES, texts
from formloom.runtime.http.errors import BadRequest
from formloom.runtime.http.problem import TITLED, json_problem, plain_page, problem_of
from formloom.runtime.http.serve import api, page
from tests.architecture.tree import sources
from tests.prepared import copies_of
from tests.runtime.world import Program, Visitor, furnish, site_of

world = copies_of(furnish)

MEMBERS = ["code", "detail", "errors", "request_id", "status", "title", "type"]


def load_everything() -> None:
    """Import every module of the product, so that all errors and words are known."""
    for package in (formloom.runtime, formloom.importers):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)


def kinds(base: type[FormloomError] = FormloomError) -> Iterator[type[FormloomError]]:
    yield base
    for kind in base.__subclasses__():
        yield from kinds(kind)


def raised(names: set[str], place: int = 0) -> Iterator[tuple[str, str]]:
    """(path, literal) of the codes that calls of these names give as an argument."""
    for source in sources():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                if len(node.args) > place and isinstance(node.args[place], ast.Constant):
                    yield source.path, node.args[place].value


def test_every_kind_of_error_has_words_and_a_fitting_status():
    load_everything()
    own_words = {kind for kind in kinds() if kind.message is not FormloomError.message}
    own_words |= {kind for kind in kinds() if issubclass(kind, BadRequest)}

    for kind in set(kinds()) - own_words:
        assert 400 <= kind.status < 600, kind
        for language in LANGUAGES:
            assert f"error.{kind.code}" in texts(language), kind


def test_every_code_that_is_raised_by_name_has_words():
    load_everything()
    families = {kind.__name__ for kind in kinds() if kind.__init__ is FormloomError.__init__}
    families |= {"MetadataError", "Unavailable"}
    asked = [
        *((path, f"error.{code}") for path, code in raised(families)),
        *((path, f"field.{code}") for path, code in raised({"ValueRefused"})),
        *((path, f"field.{code}") for path, code in raised({"FieldError"}, 1)),
        *((path, f"http.{reason}") for path, reason in raised({"BadRequest"})),
    ]

    assert len(asked) > 100
    assert [(path, key) for path, key in asked if key not in texts("en")] == []


@pytest.mark.parametrize("status", sorted({*TITLED, 408, 414, 431, 501}))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_status_is_titled(status: int, language: str):
    problem = problem_of(FormloomError("internal", status=status), language, "abc")

    assert problem.title and "<" not in problem.title
    assert json_problem(problem).status_code == plain_page(problem).status_code == status


def test_what_came_from_outside_is_escaped_on_pages():
    body = plain_page(problem_of(UnknownField("<script>"), "en", "abc")).body

    assert b"<script>" not in body and b"&lt;script&gt;" in body


class Broken(RuntimeError):
    """A defect with something in it that nobody may read."""


ERRORS = {
    "defect": (Broken("password=hunter2"), 500),
    "not found": (FormloomError("not_found", status=404), 404),
    "fields": (FormloomError("validation_failed", status=422, fields=[FieldError("name", "required")]), 422),
    "unknown field": (UnknownField("cost"), 422),
    "busy": (FormloomError("busy", status=503), 503),
    "storage": (FormloomError("storage_full", status=507), 507),
}


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
@pytest.mark.parametrize("case", ERRORS)
def test_every_error_has_one_shape_on_the_wire(world, tmp_path, case: str):
    error, status = ERRORS[case]

    def fail(ctx, call):
        raise error

    def add(builder):
        builder.add_routes(Route("/api/v1/fail", api(fail)), Route("/fail", page(fail)))

    visitor = Visitor(site_of(world, tmp_path), (add,)).sign_in("sally")
    for answer in (Program(visitor, "sally").call("GET", "/fail"), visitor.get("/api/v1/fail")):
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert sorted(answer.json()) == MEMBERS
        assert answer.json()["status"] == status
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
        assert [sorted(each) for each in answer.json()["errors"]] in ([], [["code", "field", "message"]])
        assert ("retry-after" in answer.headers) == (status == 503)
        assert "hunter2" not in answer.text and "Broken" not in answer.text
    shown = visitor.get("/fail")
    assert (shown.status_code, shown.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert "hunter2" not in shown.text and "Broken" not in shown.text
