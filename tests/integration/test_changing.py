"""Another time, by the patient: every rule is kept, the desk is asked where the clinic wants it so, and one of two wins."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest

from answering import bearer_for, present, wishes
from builders import clinic, hours, resources
from desks import EVALUATION, at, open_desk
from planner.domain.attendance import MarkKind
from planner.domain.clinic import SelfService
from planner.domain.course import LIVE
from planner.domain.errors import Conflict, Forbidden, InvalidMove, InvalidValue, NotFound, PlannerError, RuleViolated
from planner.domain.reaching import Purpose
from planner.domain.replies import ReplyKind
from planner.domain.span import local_day
from planner.services import attendance, booking, changing, policies, replying, tasks, undoing, visits
from planner.services.changing import TooNear
from postroom import notices

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
AT_ONCE, ASKS = SelfService(moves=True), SelfService(moves=False)


@pytest.fixture
def desk(store):
    """A clinic with one chair, whose patients may take another time at once."""
    people = resources("nurse", 2, 4, hours()), resources("prescriber", 1, 1, hours()), resources("therapist", 1)
    return open_desk(store, clinic(resources("chair", 1), *people, resources("pump", 1), self_service=AT_ONCE))


def booked(desk, patient="Ada Lovelace", start=date(2027, 1, 12), name="course", wall="10:00"):
    course = desk.begin(name, start, patient=patient, at=wall)
    desk.book(course)
    return desk.live(course)


@pytest.fixture
def one(desk):
    """Ada's session of Tuesday 12 January."""
    return booked(desk)[0]


@pytest.fixture
def ada(desk, one):
    """Ada, by her page."""
    return bearer_for(desk, one)


def asks(desk):
    policies.set_self_service(desk.admin, policy=ASKS)


def choose(bearer, record, start):
    return changing.change(bearer, appointment_id=record.id, start=start, version=record.version)


def free(bearer, record, **more):
    found = changing.offered(bearer, appointment_id=record.id, **more)
    return [*found.that_day, *found.other_days]


def test_what_is_offered_is_of_that_day_and_of_days_around(desk, one, ada):
    days = {local_day(start, clinic().zone) for start in free(ada, one)}
    assert {date(2027, 1, 12)} < days


def test_no_more_is_offered_than_can_be_looked_through(ada, one):
    assert 0 < len(free(ada, one)) <= changing.MOST


def test_a_patient_may_ask_for_the_times_of_another_day(ada, one):
    found = changing.offered(ada, appointment_id=one.id, day=date(2027, 1, 11))
    assert {local_day(start, clinic().zone) for start in found.that_day} == {date(2027, 1, 11)}


def test_everything_that_is_offered_can_be_taken(desk, one, ada):
    offered = free(ada, one)
    for start in offered:
        desk.clock.now += MINUTE
        choose(ada, present(desk, one.id), start)
    assert present(desk, one.id).start_at == offered[-1]


def test_what_follows_a_dose_has_a_place_at_every_time_that_is_offered(desk):
    dose, talk = booked(desk, name="psychotherapy")[:2]
    ada = bearer_for(desk, dose)
    for start in free(ada, dose):
        desk.clock.now += MINUTE
        choose(ada, present(desk, dose.id), start)
        assert HOUR * 24 <= present(desk, talk.id).start_at - start <= HOUR * 73


def test_a_visit_without_a_course_can_be_changed_too(desk):
    one = visits.book_visit(desk.scheduler, patient_id=desk.patient(), kind=EVALUATION, start=at("01-14")).appointment
    ada = bearer_for(desk, one)
    start = free(ada, one)[0]
    assert choose(ada, one, start).appointment.start_at == start


def test_nothing_is_offered_inside_the_notice(desk, one, ada):
    policies.set_self_service(desk.admin, policy=SelfService(moves=True, notice_hours=24 * 8 - 1))
    first = desk.clock.now + HOUR * (24 * 8 - 1)
    assert all(start >= first for start in free(ada, one))


def test_what_is_nearer_than_the_notice_is_not_changed_here(desk, one, ada):
    desk.clock.now = one.start_at - 24 * HOUR + MINUTE
    assert changing.offered(ada, appointment_id=one.id).near
    with pytest.raises(TooNear):
        choose(ada, one, one.start_at + 48 * HOUR)


def test_a_time_inside_the_notice_is_refused(desk, one, ada):
    desk.clock.now = one.start_at - 30 * HOUR
    with pytest.raises(TooNear):
        choose(ada, one, one.start_at - 24 * HOUR)


def test_a_patient_moves_their_appointment(desk, one, ada):
    start = at("01-12", "13:00")
    assert choose(ada, one, start).moved
    assert present(desk, one.id).start_at == start


def test_the_patient_gets_one_message(desk, one, ada):
    desk.clock.now += HOUR
    with desk.store.begin(desk.clinic_id) as uow:
        uow.notices.withdraw([notice.id for notice in notices(desk)], desk.clock.now, "sent")
    choose(ada, one, at("01-12", "13:00"))
    assert [notice.kind for notice in notices(desk) if notice.open] == ["moved"]


def test_a_move_by_a_patient_is_written_down_under_their_link(desk, one, ada):
    choose(ada, one, at("01-12", "13:00"))
    (entry,) = desk.audit("move")
    assert (entry.actor_id, entry.facts["link"]) == (ada.link.id, str(ada.link.id))


def test_the_desk_can_undo_what_a_patient_has_just_moved(desk, one, ada):
    choose(ada, one, at("01-12", "13:00"))
    with desk.store.read(desk.clinic_id) as uow:
        (kept,) = [undo for undo in uow.undos._list() if undo.actor_id == ada.link.id]
    undoing.undo(desk.scheduler, undo_id=kept.id)
    assert present(desk, one.id).start_at == one.start_at


def test_no_rule_gives_way_to_a_patient(desk, one, ada):
    with pytest.raises(RuleViolated):
        choose(ada, one, at("01-14", "12:00"))


def test_a_page_that_is_older_than_the_appointment_moves_nothing(desk, one, ada):
    booking.move(desk.scheduler, appointment_id=one.id, start=at("01-12", "11:00"), version=one.version)
    with pytest.raises(Conflict):
        choose(ada, one, at("01-12", "13:00"))


def test_the_time_that_it_has_is_no_change(one, ada):
    with pytest.raises(InvalidValue):
        choose(ada, one, one.start_at)


def test_a_link_to_say_that_one_comes_changes_nothing(desk, one):
    with pytest.raises(NotFound):
        choose(bearer_for(desk, one, Purpose.COME), one, at("01-12", "13:00"))


def test_a_link_for_one_appointment_does_not_move_the_next(desk, one):
    mailed, later = bearer_for(desk, one, Purpose.CHANGE), booked(desk, "Ada Lovelace", date(2027, 3, 2))[0]
    with pytest.raises(NotFound):
        choose(mailed, later, later.start_at + HOUR)


def test_nobody_changes_what_is_cancelled(desk, one, ada):
    booking.cancel(desk.scheduler, appointment_id=one.id, version=one.version, reason="flu")
    with pytest.raises(InvalidMove):
        choose(ada, present(desk, one.id), at("01-12", "13:00"))


def test_where_the_desk_decides_nothing_is_moved(desk, one, ada):
    asks(desk)
    assert not choose(ada, one, at("01-12", "13:00")).moved
    assert present(desk, one.id) == one


def test_where_the_desk_decides_it_gets_a_task(desk, one, ada):
    asks(desk)
    choose(ada, one, at("01-12", "13:00"))
    (task,) = wishes(desk)
    assert (task.appointment_id, task.facts["start"]) == (one.id, at("01-12", "13:00").isoformat())
    assert task.due_at == desk.clock.now


def test_asking_again_takes_the_place_of_the_first_wish(desk, one, ada):
    asks(desk)
    for hour in ("13:00", "14:00"):
        desk.clock.now += MINUTE
        choose(ada, one, at("01-12", hour))
    assert [task.facts["start"] for task in wishes(desk)] == [at("01-12", "14:00").isoformat()]


def test_the_same_wish_twice_is_one_task(desk, one, ada):
    asks(desk)
    for _ in range(2):
        desk.clock.now += MINUTE
        choose(ada, one, at("01-12", "13:00"))
    with desk.store.read(desk.clinic_id) as uow:
        assert len(uow.tasks.of_appointment(one.id)) == 1


def test_a_time_that_breaks_a_rule_cannot_be_asked_for(desk, one, ada):
    asks(desk)
    with pytest.raises(RuleViolated):
        choose(ada, one, at("01-14", "12:00"))


def test_whom_nothing_suits_asks_to_be_called(desk, one, ada):
    choose(ada, one, None)
    assert [task.facts["start"] for task in wishes(desk)] == [None]


def test_what_is_wanted_is_seen_until_it_is_decided(desk, one, ada):
    asks(desk)
    choose(ada, one, at("01-12", "13:00"))
    assert changing.offered(ada, appointment_id=one.id).wanted.start_at == at("01-12", "13:00")
    tasks.finish(desk.scheduler, task_id=wishes(desk)[0].id, reason="told them on the phone")
    assert changing.offered(ada, appointment_id=one.id).wanted is None


def test_who_was_told_no_may_ask_for_the_same_again(desk, one, ada):
    asks(desk)
    choose(ada, one, at("01-12", "13:00"))
    tasks.finish(desk.scheduler, task_id=wishes(desk)[0].id, reason="told them on the phone")
    desk.clock.now += HOUR
    choose(ada, one, at("01-12", "13:00"))
    assert len(wishes(desk)) == 1


def test_moving_it_decides_what_was_wanted(desk, one, ada):
    asks(desk)
    choose(ada, one, at("01-12", "13:00"))
    booking.move(desk.scheduler, appointment_id=one.id, start=at("01-12", "13:00"), version=one.version)
    assert wishes(desk) == []


def test_cancelling_it_decides_what_was_wanted(desk, one, ada):
    choose(ada, one, None)
    booking.cancel(desk.scheduler, appointment_id=one.id, version=one.version, reason="flu")
    assert wishes(desk) == []


def test_what_has_taken_place_is_wanted_at_no_other_time(desk, one, ada):
    choose(ada, one, None)
    desk.clock.now = one.start_at
    attendance.record(desk.scheduler, appointment_id=one.id, kind=MarkKind.NO_SHOW, version=one.version)
    assert wishes(desk) == []


def test_undoing_the_move_brings_the_wish_back(desk, one, ada):
    choose(ada, one, None)
    made = booking.move(desk.scheduler, appointment_id=one.id, start=at("01-12", "13:00"), version=one.version)
    undoing.undo(desk.scheduler, undo_id=made.undo_id)
    assert len(wishes(desk)) == 1


def test_only_who_sets_the_clinic_up_says_what_patients_may_do(desk):
    with pytest.raises(Forbidden):
        policies.set_self_service(desk.scheduler, policy=ASKS)


def test_a_stale_page_sets_nothing(desk):
    policies.set_self_service(desk.admin, policy=ASKS, seen=1)
    with pytest.raises(Conflict):
        policies.set_self_service(desk.admin, policy=AT_ONCE, seen=1)


def test_a_page_of_the_desk_does_not_answer_for_a_patient(desk, one, ada):
    with pytest.raises(Forbidden):
        booking.move(ada.ctx, appointment_id=one.id, start=at("01-12", "13:00"), version=one.version)


def test_of_patients_who_take_one_time_together_exactly_one_gets_it(desk):
    people = [booked(desk, f"P {number}", date(2027, 1, 11 + number), wall="09:00")[0] for number in range(4)]
    bearers = [bearer_for(desk, record) for record in people]
    wanted = at("01-15", "13:00")
    together = Barrier(len(people))

    def race(index):
        together.wait(20)
        try:
            return choose(bearers[index], people[index], wanted).moved
        except PlannerError as refused:
            return type(refused).__name__

    with ThreadPoolExecutor(len(people)) as pool:
        outcomes = list(pool.map(race, range(len(people))))
    assert sorted(map(str, outcomes)) == ["RuleViolated", "RuleViolated", "RuleViolated", "True"]
    with desk.store.read(desk.clinic_id) as uow:
        taken = uow.appointments.between(wanted, wanted + MINUTE, *LIVE)
    assert len(taken) == 1
    assert desk.overlaps() == 0
    loser = next(index for index, outcome in enumerate(outcomes) if outcome is not True)
    assert wanted not in free(bearers[loser], people[loser])


def test_a_move_by_the_desk_and_one_by_the_patient_do_not_both_happen(desk, one, ada):
    together = Barrier(2)

    def by_desk():
        together.wait(20)
        return booking.move(desk.scheduler, appointment_id=one.id, start=at("01-12", "14:00"), version=one.version)

    def by_patient():
        together.wait(20)
        return choose(ada, one, at("01-12", "13:00"))

    with ThreadPoolExecutor(2) as pool:
        results = [pool.submit(by_desk), pool.submit(by_patient)]
    refused = [result.exception() for result in results if result.exception()]
    assert [type(error) for error in refused] == [Conflict]
    assert present(desk, one.id).sequence == one.sequence + 1


def test_what_was_said_of_the_time_before_stands_no_more(desk, one, ada):
    replying.reply(ada, appointment_id=one.id, kind=ReplyKind.COME)
    choose(ada, one, at("01-12", "13:00"))
    with desk.store.read(desk.clinic_id) as uow:
        assert replying.replies_of(uow, [present(desk, one.id)])[one.id] == {}
