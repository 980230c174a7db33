"""Rivals: real processes, each with threads of its own, that all do the same thing at the same moment, round after round."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import Any

from desks import EVALUATION, Desk, HandClock
from forking import FORKS
from planner.config import Settings
from planner.domain.errors import PlannerError
from planner.services import booking, calendar, visits
from planner.services.visits import VisitKind
from planner.storage.engine import open_engine
from planner.storage.unit_of_work import Store

WON = "won"
INFUSION = VisitKind("infusions", "infusion")
Facts = Mapping[str, Any]


def one_chair(desk: Desk, facts: Facts, index: int) -> None:
    """Every client wants the same chair for a patient of its own."""
    visits.book_visit(desk.scheduler, patient_id=facts["patients"][index], kind=INFUSION, start=facts["start"])


def series_of_one_patient(desk: Desk, facts: Facts, index: int) -> None:
    """Two series of one patient, each planned as if there were only one."""
    if index < len(facts["series"]):
        course_id, shown = facts["series"][index]
        booking.book_series(desk.scheduler, course_id=course_id, shown=shown)


def closure_against_booking(desk: Desk, facts: Facts, index: int) -> str | None:
    """The first client closes a day on which the others book."""
    if index == 0:
        broken = calendar.close(desk.scheduler, span=facts["day"], reason="flood").broken
        found = (one.appointment for one in broken)
        return " ".join(["closed", *(str(one.id) for one in found if one.start_at == facts["start"])])
    patient = facts["patients"][index]
    booked = visits.book_visit(desk.scheduler, patient_id=patient, kind=EVALUATION, start=facts["start"])
    return f"booked {booked.appointment.id}"


def hold_against_booking(desk: Desk, facts: Facts, index: int) -> None:
    """By the first client's clock a hold has a second left; by everybody else's it has just run out."""
    late = timedelta(0) if index else timedelta(seconds=-1)
    desk.clock = HandClock(facts["expires"] + late)
    held = facts["hold"] if index == 0 else None
    visits.book_visit(
        desk.scheduler, patient_id=facts["patients"][index], kind=EVALUATION, start=facts["start"], hold_id=held
    )  # fmt: skip


SCENARIOS: Mapping[str, Callable[[Desk, Facts, int], str | None]] = {
    scenario.__name__: scenario
    for scenario in (one_chair, series_of_one_patient, closure_against_booking, hold_against_booking)
}


@dataclass(frozen=True)
class Job:
    """A scenario in one database, with what each round is about."""

    url: str
    scenario: str
    rounds: Sequence[Facts]


def work(orders: Connection, barrier: Any, process: int, threads: int) -> None:
    """Do one job after the other; each answer lists the outcomes by round."""
    while True:
        job = orders.recv()
        store = Store(open_engine(Settings(database_url=job.url, pool_size=threads)))
        scenario = SCENARIOS[job.scenario]

        def client(thread: int, store: Store = store, scenario: Any = scenario, job: Job = job) -> list[str]:
            outcomes = []
            for facts in job.rounds:
                barrier.wait(60)
                outcomes.append(_outcome(scenario, Desk(store), facts, process * threads + thread))
            return outcomes

        with ThreadPoolExecutor(threads) as pool:
            by_client = list(pool.map(client, range(threads)))
        store.close()
        orders.send([list(outcomes) for outcomes in zip(*by_client, strict=True)])


def _outcome(scenario: Callable[[Desk, Facts, int], str | None], desk: Desk, facts: Facts, index: int) -> str:
    try:
        return scenario(desk, facts, index) or WON
    except PlannerError as refused:
        return type(refused).__name__
    except Exception as error:  # noqa: BLE001 - that nothing else comes through is what is tested
        return f"ERROR {type(error).__name__}: {error}"


class Rivals:
    """The processes, started once for all races."""

    def __init__(self, processes: int, threads: int) -> None:
        self.clients = processes * threads
        self._barrier = FORKS.Barrier(self.clients)  # kept: without it, it would be gone before they have started
        self._ours, self._processes = [], []
        for number in range(processes):
            ours, theirs = FORKS.Pipe()
            process = FORKS.Process(target=work, args=(theirs, self._barrier, number, threads), daemon=True)
            process.start()
            theirs.close()
            self._ours.append(ours)
            self._processes.append(process)

    def race(self, job: Job) -> list[list[str]]:
        """Run a job; gives every client's outcome, by round."""
        for orders in self._ours:
            orders.send(job)
        answers = [orders.recv() for orders in self._ours]
        return [[outcome for part in parts for outcome in part] for parts in zip(*answers, strict=True)]

    def close(self) -> None:
        """End the processes: they are waiting for orders."""
        for process in self._processes:
            process.kill()
            process.join(20)
