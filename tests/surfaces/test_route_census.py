"""Every address of the application is a surface that is tested, or says why it need not be."""

import re

from starlette.routing import Mount, Route

from tests.surfaces.surfaces import ADMINISTRATION, NO_DATA, SURFACES
from tests.surfaces.world import World


def shape(path: str) -> str:
    """A path whose places have no names."""
    return re.sub(r"{[^}]*}", "{}", path)


def test_every_address_is_declared(world: World):
    served = set()
    for route in world.visitor.app.routes:
        if isinstance(route, Mount):
            served.add(f"MOUNT {route.path}")
        elif isinstance(route, Route):
            served |= {f"{method} {shape(route.path)}" for method in (route.methods or set()) - {"HEAD"}}
        else:
            served.add(repr(route))
    known = {shape(surface.name) for surface in (*SURFACES, *ADMINISTRATION)} | {shape(name) for name in NO_DATA}

    assert served - known == set(), "declare these in tests/surfaces/surfaces.py"
    assert {name for name in known - served if "/console" not in name} == set()
