"""Background work: queued with the change that asks for it, done once, survives whoever does it."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from formloom.metadata.database import Database
from formloom.metadata.errors import FieldError, InvalidInput
from formloom.runtime import job_queue, jobs
from formloom.runtime.jobs import Job, JobRun, Worker, cancel, enqueue, get_job
from formloom.runtime.settings import Settings


@pytest.fixture(autouse=True)
def _forget_kinds() -> Iterator[None]:
    known = dict(jobs._functions), dict(jobs._attempts)
    yield
    jobs._functions, jobs._attempts = known


def put(database: Database, kind: str = "test", **payload: object) -> int:
    with database.writing() as conn:
        return enqueue(conn, kind, payload, actor=None)


def look(database: Database, job_id: int) -> Job:
    with database.reading() as conn:
        found = get_job(conn, job_id)
    assert found is not None
    return found


def worker(database: Database) -> Worker:
    return Worker(database, Settings())


def lapse(database: Database, job_id: int) -> None:
    """Let the lease of a job have run out."""
    past = datetime.now(UTC) - timedelta(minutes=5)
    with database.writing() as conn:
        conn.execute(sa.update(job_queue.jobs).where(job_queue.jobs.c.id == job_id).values(lease_until=past))


def test_a_job_is_done_and_its_result_kept(database: Database):
    jobs.register("test", lambda run: {"sum": sum(run.payload["numbers"])})
    job_id = put(database, numbers=[1, 2, 3])

    assert worker(database).run_once() is True

    job = look(database, job_id)
    assert (job.state, job.result, job.attempts) == ("done", {"sum": 6}, 1)
    assert worker(database).run_once() is False


def test_a_job_exists_only_if_the_change_that_asked_for_it_does(database: Database):
    with pytest.raises(RuntimeError), database.writing() as conn:
        enqueue(conn, "test", {})
        raise RuntimeError

    assert worker(database).run_once() is False


def test_what_a_job_refuses_is_worded_in_both_languages(database: Database):
    def refuse(run: JobRun) -> None:
        raise InvalidInput(fields=[FieldError("name", "required")])

    jobs.register("test", refuse)
    job_id = put(database)
    worker(database).run_once()

    error = look(database, job_id).result["error"]
    assert look(database, job_id).state == "failed"
    assert error["code"] == "validation_failed"
    assert error["errors"][0]["field"] == "name"
    assert set(error["message"]) == {"zh", "en"}


def test_a_defect_is_tried_again_and_then_given_up_without_details(database: Database):
    def break_down(run: JobRun) -> None:
        raise RuntimeError("secret detail")

    jobs.register("test", break_down, attempts=2)
    job_id = put(database)
    worker(database).run_once()
    assert look(database, job_id).state == "queued"
    with database.writing() as conn:
        conn.execute(sa.update(job_queue.jobs).values(not_before=datetime.now(UTC)))
    worker(database).run_once()

    job = look(database, job_id)
    assert job.state == "failed"
    assert "secret" not in str(job.result)


def test_an_abandoned_job_is_done_by_the_next_worker(database: Database):
    jobs.register("test", lambda run: "done by the second")
    job_id = put(database)
    dead = worker(database)._take()
    assert dead is not None and worker(database).run_once() is False

    lapse(database, job_id)

    assert worker(database).run_once() is True
    assert look(database, job_id).result == "done by the second"


def test_a_job_that_takes_its_workers_down_is_given_up(database: Database):
    jobs.register("test", lambda run: None, attempts=2)
    job_id = put(database)
    for _ in range(2):
        assert worker(database)._take() is not None
        lapse(database, job_id)

    assert worker(database)._take() is None
    assert look(database, job_id).state == "failed"
    assert look(database, job_id).result["error"]["code"] == "job.vanished"


def test_a_worker_that_comes_back_late_can_write_nothing(database: Database):
    jobs.register("test", lambda run: None)
    job_id = put(database)
    late = worker(database)
    job = late._take()
    assert job is not None
    lapse(database, job_id)
    assert worker(database)._take() is not None
    run = JobRun(late.site, job, threading.Event())

    with pytest.raises(jobs.LeaseLost):
        run.progress(1, 2)
    with pytest.raises(jobs.LeaseLost), run.writing() as conn:
        conn.execute(sa.text("SELECT 1"))
    with database.writing() as conn:
        job_queue.end(conn, job.id, job.fence, job_queue.DONE, "too late")

    assert look(database, job_id).state == "running"
    assert look(database, job_id).result is None


def test_progress_is_seen_while_the_job_runs(database: Database):
    seen = []

    def count(run: JobRun) -> None:
        run.progress(1, 4, "first")
        seen.append(look(database, run.job.id))
        with run.writing() as conn:
            run.progress(4, 4, "inside")
            seen.append(look(database, run.job.id))
            conn.execute(sa.text("SELECT 1"))

    jobs.register("test", count)
    job_id = put(database)
    worker(database).run_once()

    assert [(j.progress_done, j.message) for j in seen] == [(1, "first"), (4, "inside")]
    assert look(database, job_id).progress_done == 4


def test_a_waiting_job_can_be_cancelled_at_once(database: Database):
    job_id = put(database)
    with database.writing() as conn:
        cancel(conn, job_id)

    assert look(database, job_id).state == "cancelled"
    assert worker(database).run_once() is False


def test_a_running_job_stops_when_asked(database: Database):
    def run_on(run: JobRun) -> None:
        with database.writing() as conn:
            cancel(conn, run.job.id)
        time.sleep(jobs.CANCEL_SECONDS)
        run.stop_if_cancelled()

    jobs.register("test", run_on)
    job_id = put(database)
    worker(database).run_once()

    assert look(database, job_id).state == "cancelled"


def test_a_job_interrupted_by_the_end_of_the_program_waits_for_the_next_start(database: Database):
    began = threading.Event()

    def go_on(run: JobRun) -> None:
        while True:
            began.set()
            run.progress(0, 1)
            time.sleep(0.02)

    jobs.register("test", go_on)
    job_id = put(database)
    working = worker(database)
    working.start()
    assert began.wait(5)
    working.stop()

    job = look(database, job_id)
    assert (job.state, job.attempts) == ("queued", 0)


def test_what_a_job_has_committed_is_not_done_again_when_the_program_stops(database: Database):
    working = worker(database)
    times: list[int] = []

    def write_and_end(run: JobRun) -> str:
        with run.writing() as conn:
            conn.execute(sa.text("SELECT 1"))
            times.append(1)
            working._stopping.set()
        return "done"

    jobs.register("test", write_and_end)
    job_id = put(database)
    working.run_once()

    assert (look(database, job_id).state, times) == ("done", [1])


def test_each_job_is_done_once_by_many_workers(database: Database):
    done: list[int] = []
    jobs.register("test", lambda run: done.append(run.payload["n"]))
    for n in range(20):
        put(database, n=n)
    working = Worker(database, Settings(), threads=4)
    working.start()
    wait_until(lambda: len(done) >= 20)
    working.stop()

    assert sorted(done) == list(range(20))


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not true():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)
