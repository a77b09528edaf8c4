import pytest
import sqlalchemy as sa

from formloom.metadata.database import Database
from formloom.metadata.errors import Conflict, InvalidInput, NotFound
from formloom.rbac import accounts, organisation
from formloom.rbac.tables import departments, policy_version
from tests.rbac.people import actor, catalog_of, found


def paths(conn) -> dict[str, list[str]]:
    """Keys from the root to each department, by its path of ids."""
    rows = conn.execute(sa.select(departments.c.id, departments.c.key, departments.c.path)).all()
    names = {str(row.id): row.key for row in rows}
    return {row.key: [names[part] for part in row.path.strip("/").split("/")] for row in rows}


def test_moving_a_department_takes_all_below_it_along(database: Database):
    with database.writing() as conn:
        found(conn)
        before = policy_version(conn)

        organisation.move(conn, "sales", "finance")

        assert paths(conn) == {
            "hq": ["hq"],
            "finance": ["hq", "finance"],
            "sales": ["hq", "finance", "sales"],
            "east": ["hq", "finance", "sales", "east"],
        }
        assert policy_version(conn) != before
        organisation.move(conn, "sales", None)
        assert paths(conn)["east"] == ["sales", "east"]
        assert [row["key"] for row in organisation.tree(conn)] == ["hq", "finance", "sales", "east"]


@pytest.mark.parametrize("parent", ["sales", "east"])
def test_a_department_cannot_be_moved_below_itself(database: Database, parent: str):
    with database.writing() as conn:
        found(conn)
        before = paths(conn)

        with pytest.raises(Conflict) as error:
            organisation.move(conn, "sales", parent)

        assert error.value.code == "department_cycle"
        assert paths(conn) == before


def test_a_department_in_use_is_not_deleted(database: Database):
    with database.writing() as conn:
        found(conn)
        organisation.add(conn, "empty", "Empty", parent="hq")

        for used in ("sales", "east"):
            with pytest.raises(Conflict) as error:
                organisation.delete(conn, used)
            assert error.value.code == "in_use"
        organisation.delete(conn, "empty")

        assert set(paths(conn)) == {"hq", "sales", "east", "finance"}
        with pytest.raises(NotFound):
            organisation.delete(conn, "empty")


def test_a_department_needs_a_key_of_its_own_and_a_name(database: Database):
    with database.writing() as conn:
        found(conn)

        with pytest.raises(Conflict):
            organisation.add(conn, "east", "East")
        for key, name, parent in (("East", "E", None), ("west", " ", None), ("west", "W", "nowhere")):
            with pytest.raises(InvalidInput):
                organisation.add(conn, key, name, parent=parent)
        with pytest.raises(InvalidInput):
            organisation.update(conn, "east", {"head_id": 999})
        with pytest.raises(NotFound):
            organisation.update(conn, "nowhere", {"name": "X"})


def test_people_know_their_departments_and_who_reports_to_them(database: Database):
    with database.writing() as conn:
        people = found(conn)
        ids = dict(conn.execute(sa.select(departments.c.key, departments.c.id)).all())

        lead, ann, zoe = (actor(conn, login) for login in ("lead", "ann", "zoe"))

    assert lead.department_path == ("hq", "sales")
    assert lead.departments_below == (ids["sales"], ids["east"])
    assert lead.subordinates == (people["ann"], people["bob"])
    assert ann.department_path == ("hq", "sales", "east")
    assert ann.departments_below == (ids["east"],)
    assert ann.subordinates == (people["bob"],)
    assert (zoe.department, zoe.department_path, zoe.departments_below, zoe.subordinates) == (None, (), (), ())


def test_a_circle_of_superiors_does_no_harm(database: Database):
    with database.writing() as conn:
        people = found(conn)
        accounts.update(conn, people["root"], {"superior_id": people["bob"]}, catalog_of())

        assert actor(conn, "ann").subordinates == tuple(
            sorted(set(people.values()) - {people["ann"], people["zoe"]})
        )


def test_an_actor_is_read_again_only_when_the_policy_moved(database: Database, counted):
    with database.writing() as conn:
        people = found(conn)
        actor(conn, "ann")
        with counted(conn) as statements:
            actor(conn, "ann")
        assert len(statements) == 2, "the test's own look-ups only"

        accounts.set_roles(conn, people["ann"], ["finance"], catalog_of())
        assert actor(conn, "ann").roles == ("finance",)


def test_what_was_rolled_back_is_not_remembered(database: Database):
    with database.writing() as conn:
        people = found(conn)
    with pytest.raises(ZeroDivisionError), database.writing() as conn:
        accounts.set_roles(conn, people["ann"], ["admin"], catalog_of())
        assert actor(conn, "ann").roles == ("admin",)
        raise ZeroDivisionError
    with database.writing() as conn:
        accounts.set_roles(conn, people["bob"], ["finance"], catalog_of())

        assert actor(conn, "ann").roles == ("sales",)
