"""Who may do what."""

import pytest

from builders import uid
from planner.domain.errors import Forbidden
from planner.domain.roles import ALLOWED, Actor, Permission, Role, check_allowed


def test_every_role_is_in_the_table():
    assert set(ALLOWED) == set(Role)
    assert all(Permission.READ in allowed for role, allowed in ALLOWED.items() if role is not Role.PATIENT)
    assert not ALLOWED[Role.PATIENT]


@pytest.mark.parametrize("permission", [Permission.PRESCRIBE, Permission.OVERRIDE, Permission.PUBLISH, Permission.CONFIGURE])
def test_a_scheduler_books_inside_the_rules_and_changes_none(permission):
    desk = Actor(uid("desk"), Role.SCHEDULER, uid("clinic"))
    check_allowed(desk, Permission.BOOK)
    with pytest.raises(Forbidden):
        check_allowed(desk, permission)


def test_judgement_is_for_people():
    with pytest.raises(Forbidden):
        check_allowed(Actor(uid("tick"), Role.SYSTEM, uid("clinic")), Permission.OVERRIDE)
