"""The API's description: valid, complete for what is served, and without anything its reader may not use."""

import json

import pytest
from openapi_spec_validator import validate
from starlette.routing import Mount, Route

from formloom.runtime.api.table import PREFIX
from formloom.runtime.asgi import extensions
from tests.runtime.world import Program, Visitor, site_of


@pytest.fixture
def everything(world, tmp_path) -> Visitor:
    """The application with the packages above the run time."""
    return Visitor(site_of(world, tmp_path), extensions())


def described(visitor: Visitor, login: str) -> dict:
    answer = Program(visitor, login).call("GET", "/openapi.json")
    assert answer.status_code == 200, answer.text
    return answer.json()


def routes_of(visitor: Visitor) -> list[Route]:
    return [route for route in visitor.app.routes if isinstance(route, Route)]


def declared(route: Route):
    return getattr(route.endpoint, "declared", None)


@pytest.mark.parametrize("login", ["boss", "sally", "clara"])
def test_the_description_is_valid(everything: Visitor, login: str):
    validate(described(everything, login))


def test_everything_served_is_described_to_an_administrator(everything: Visitor):
    paths = described(everything, "boss")["paths"]
    found = {(method, path) for path, operations in paths.items() for method in operations}
    served = {
        (method.lower(), route.path.removeprefix(PREFIX).replace("{entity}", "company"))
        for route in routes_of(everything)
        if route.path.startswith(PREFIX)
        for method in route.methods - {"HEAD"}
    }

    assert served - found == set()


def test_every_address_declares_who_may_use_it(everything: Visitor):
    bare = {route.path for route in routes_of(everything) if declared(route) is None}
    mounts = {route.path for route in everything.app.routes if isinstance(route, Mount)}
    anonymous = {route.path for route in routes_of(everything) if declared(route) and declared(route).anonymous}

    assert bare == {"/healthz", "/metrics"}
    assert mounts == {"/static", "/console"}
    assert anonymous == {"/login", "/logout", "/readyz"}


def test_only_reading_addresses_answer_get(everything: Visitor):
    reading = [declared(route) for route in routes_of(everything) if "GET" in route.methods]

    assert [each.handler for each in reading if each and each.write] == []


def test_what_one_may_not_see_is_not_described(everything: Visitor):
    sally, clara = described(everything, "sally"), described(everything, "clara")

    assert "cost" not in json.dumps(sally) and "vault" not in json.dumps(sally)
    assert "/records/vault" not in sally["paths"] and "/metadata/{kind}" not in sally["paths"]
    assert "/records/deal" not in clara["paths"] and "deal" not in json.dumps(clara)
    assert set(clara["paths"]["/records/company"]) == {"get"}
    assert set(clara["paths"]["/records/company/{id}"]) == {"get"}
    assert "company.create" not in clara["components"]["schemas"]


def test_fields_that_are_read_only_say_so_and_are_not_asked_for(everything: Visitor):
    schemas = described(everything, "sally")["components"]["schemas"]

    assert schemas["company"]["properties"]["rating"]["readOnly"] is True
    assert "readOnly" not in schemas["company"]["properties"]["city"]
    assert "rating" not in schemas["company.create"]["properties"]
    assert schemas["company.create"]["required"] == ["name"]
    assert {"type": "string", "enum": ["a", "b"]} in schemas["company"]["properties"]["grade"]["anyOf"]


def test_why_somebody_may_is_told_to_administrators_only(everything: Visitor):
    asked = "/explain?login=sally&entity=company&field=cost"
    told = Program(everything, "boss").call("GET", asked)

    assert told.status_code == 200 and told.json()["verdicts"][0]["allowed"] is False
    assert Program(everything, "sally").call("GET", asked).status_code == 403
    assert Program(everything, "boss").call("GET", "/explain?login=nobody&entity=company").status_code == 404
    assert Program(everything, "boss").call("GET", "/explain?login=sally").status_code == 422


def test_how_warnings_are_accepted_stands_with_everything_that_writes(everything: Visitor):
    paths = described(everything, "boss")["paths"]
    writing = [
        ("/records/company", "post"),
        ("/records/company/{id}", "patch"),
        ("/records/company/batch", "post"),
    ]

    for path, method in writing:
        operation = paths[path][method]
        assert [each["in"] for each in operation["parameters"] if each["name"] == "confirm"] == ["query"], path
        assert "confirm_required" in operation["responses"]["409"]["description"]
