"""Kill -9 in the middle of booking: a child books and cancels series as fast as it can until it dies, again and again.

    python crash.py URL PLANS KILLS SEED

PLANS is a pickled list of (course id, the sessions shown). Forks before anything is open, so that each child starts at once.
"""

import os
import pickle
import signal
import sys
import time
from itertools import cycle
from pathlib import Path
from random import Random

from desks import Desk
from planner.config import Settings
from planner.domain.course import LIVE
from planner.services import booking
from planner.storage.engine import open_engine
from planner.storage.unit_of_work import Store


def book_until_killed(url, plans, ready):
    desk = Desk(Store(open_engine(Settings(database_url=url, pool_size=1))))
    for number, (course_id, shown) in enumerate(cycle(plans)):
        if number == 2:  # warm: from now on most of the time is spent inside of transactions
            os.write(ready, b"!")
        with desk.store.read(desk.clinic_id) as uow:
            live = [one for one in uow.appointments.of_course(course_id) if one.status in LIVE]
        if live:
            all_of_it = {"reason": "again", "scope": booking.Scope.COURSE}
            booking.cancel(desk.scheduler, appointment_id=live[0].id, version=live[0].version, **all_of_it)
        else:
            booking.book_series(desk.scheduler, course_id=course_id, shown=shown)


def killed_after(seconds, url, plans):
    """Start a child, let it book for so long, and kill it; whether that was what ended it."""
    waits, ready = os.pipe()
    child = os.fork()
    if not child:
        try:
            book_until_killed(url, plans, ready)
        finally:
            os._exit(1)
    os.close(ready)
    os.read(waits, 1)  # ends without a word where the child ended by itself
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    os.close(waits)
    return os.WIFSIGNALED(status)


def main(url, plans, kills, seed):
    random, todo = Random(seed), pickle.loads(Path(plans).read_bytes())
    print(sum(killed_after(random.uniform(0, 0.06), url, random.sample(todo, len(todo))) for _ in range(int(kills))))


if __name__ == "__main__":
    main(*sys.argv[1:])
