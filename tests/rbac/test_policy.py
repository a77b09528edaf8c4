import threading
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import cycle

import pytest

from formloom.rbac.access import access_for
from formloom.rbac.actor import Actor
from formloom.rbac.policy import policy_of, subjects_of
from tests.rbac.people import catalog_of
from tests.rbac.shop import ENTITIES, grant, shop


def role(key: str, *includes: str) -> dict:
    return {"kind": "role", "key": key, "label": key, "includes": list(includes)}


def person(*roles: str, path: tuple[str, ...] = ()) -> Actor:
    return Actor(1, "ann", "Ann", roles=roles, department_path=path)


def test_people_are_members_by_name_role_department_and_everyone():
    assert subjects_of(person("sales", path=("hq", "east"))) == (
        "user:ann",
        "role:sales",
        "department:east",
        "department_below:hq",
        "department_below:east",
        "everyone",
    )
    assert subjects_of(person()) == ("user:ann", "everyone")


def test_roles_that_include_each_other_do_not_loop():
    catalog = catalog_of(
        *ENTITIES, role("a", "b"), role("b", "a"), grant("g", "deal", {"role": "b"}, {"view": "own"})
    )
    policy = policy_of(catalog)

    assert set(policy.closure(["role:a"])) == {"role:a", "role:b"}
    assert access_for(catalog, person("a")).may("deal", "view")
    assert policy.enforce(person("a"), "deal", "view")


def test_a_role_includes_through_fifty_levels():
    chain = [role(f"r{n}", f"r{n + 1}") for n in range(50)]
    catalog = catalog_of(*ENTITIES, *chain, role("r50"), grant("g", "deal", {"role": "r50"}, {"view": "own"}))

    assert access_for(catalog, person("r0")).may("deal", "view")
    assert policy_of(catalog).enforce(person("r0"), "deal", "view")


def test_a_person_with_two_hundred_roles_is_decided_at_once():
    roles = [role(f"r{n}") for n in range(200)]
    grants = [grant(f"g{n}", "deal", {"role": f"r{n}"}, {"view": "own", "edit": "own"}) for n in range(200)]
    catalog = catalog_of(*ENTITIES, *roles, *grants)
    everyone = person(*(f"r{n}" for n in range(200)))

    secured = str(access_for(catalog, everyone).entity("deal").select().from_.element)

    assert secured.count("owner = ") == 1, "equal scopes are one condition"


def test_names_are_compared_whole():
    catalog = shop(
        grant("g", "deal", {"role": "sales"}, {"view": "own"}),
        grant("h", "deal", {"user": "*"}, {"delete": "all"}),
    )

    for stranger in (person("sale"), person("sales "), person("*"), person("role:sales"), person("sales,finance")):
        assert not access_for(catalog, stranger).may("deal", "view")
        assert not policy_of(catalog).enforce(stranger, "deal", "view")
    assert not access_for(catalog, person()).may("deal", "delete")


@pytest.mark.parametrize("odd", ['a, "b"', "a)b", "张三", "a,b,c", "p, everyone, deal, delete"])
def test_odd_names_in_rules_stay_what_they_are(odd: str):
    catalog = shop(grant(odd, "deal", {"user": odd}, {"view": "own"}))
    actor = Actor(1, odd, odd)

    assert policy_of(catalog).enforce(actor, "deal", "view")
    assert access_for(catalog, actor).may("deal", "view")
    assert not policy_of(catalog).enforce(person(), "deal", "view")
    assert not policy_of(catalog).enforce(person(), "deal", "delete")


def test_decisions_are_right_while_policies_are_replaced():
    """While one thread builds policy after policy, others decide; each answer is that of the catalog asked."""
    catalogs = [
        shop(grant("g", "deal", {"role": "lead" if n % 2 else "sales"}, {"view": "own"}, {"*": "edit"}))
        for n in range(12)
    ]
    stop = threading.Event()
    wrong: list[tuple[int, str]] = []
    checked: Counter[str] = Counter()

    def decide(name: str) -> None:
        for number, catalog in cycle(enumerate(catalogs)):
            if stop.is_set():
                return
            # `lead` includes `sales`, so he may always; `sales` only where the grant names that role.
            expected = name == "lead" or number % 2 == 0
            if access_for(catalog, person(name)).may("deal", "view") is not expected:
                wrong.append((number, name))
            checked[name] += 1

    with ThreadPoolExecutor(6) as pool:
        deciding = [pool.submit(decide, name) for name in ("lead", "sales") * 3]
        # Each login is asked about each catalog ten times, however slow the machine.
        while min(checked["lead"], checked["sales"]) < len(catalogs) * 10 and not any(map(Future.done, deciding)):
            for catalog in catalogs:
                policy_of(catalog).enforcer(person("sales"))
        stop.set()
        for each in deciding:
            each.result()

    assert wrong == []
