"""What HTTP asks of a calendar, point by point, and scenario A12 as a program on the line sees it."""

import gzip
from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest

from builders import closure
from desks import NOW
from planner.domain.neutral import forbidden_in
from planner.domain.reaching import Audience, Language
from planner.domain.subscribing import Wanted
from planner.services import booking, calendar, feeds
from subscribing import CHAIR, NURSE, seen
from webdesk import BASE


def at(instant):
    return datetime.fromisoformat(instant).replace(tzinfo=UTC)


@pytest.fixture
def course(desk):
    """A booked course: its sixth session is on Thursday 18 March at 10:00 in New York."""
    made = desk.begin("esketamine", date(2027, 3, 2), "Tue Thu")
    desk.book(made)
    return made


@pytest.fixture
def minted(desk, course):
    return feeds.create(desk.scheduler, Wanted("phone", shows_advice=False), patient_id=desk.patient())


@pytest.fixture
def ask(web, minted):
    """Ask for a calendar as a program does."""

    def fetch(method="GET", token=minted.token, rest="", **headers):
        named = [(name.replace("_", "-"), value) for name, value in headers.items()]
        return web.app.test_client().open(f"/calendar/{token}.ics{rest}", method=method, base_url=BASE, headers=named)

    return fetch


def events(answer):
    return icalendar.Calendar.from_ical(answer.data).walk("VEVENT")


class TestConditions:
    @pytest.mark.parametrize(
        "given", ['W/"x",{},"y"', '"x",W/{}', "*", '"a,b", {}', '"",{}', "{}, {}"],
    )  # fmt: skip
    def test_a_list_is_searched_and_weak_tags_count(self, ask, given):
        known = given.replace("{}", ask().headers["ETag"])
        assert ask(If_None_Match=known).status_code == 304

    @pytest.mark.parametrize("given", ["", '"', ",,,", "W/", '"*"', '"x" "y"', "x" * 5000, '"é"', "\x01"])
    def test_what_is_no_list_of_ours_gets_the_calendar(self, ask, given):
        assert ask(If_None_Match=given).status_code == 200

    def test_dates_are_no_condition_and_parts_are_not_given(self, ask):
        dated = ask(If_Modified_Since="Fri, 31 Dec 2100 23:59:59 GMT", If_Unmodified_Since="Sat, 01 Jan 2000 00:00:00 GMT")
        part = ask(Range="bytes=0-10")
        assert (dated.status_code, part.status_code, part.data) == (200, 200, dated.data)

    def test_no_condition_opens_an_unknown_address(self, ask):
        assert ask(token="x" * 43, If_None_Match="*").status_code == 404

    def test_a_304_says_nothing_of_a_body(self, ask):
        headers = ask(If_None_Match="*", Accept_Encoding="gzip").headers
        assert not {"Content-Length", "Content-Type", "Content-Encoding", "Content-Disposition"} & {*headers.keys()}

    def test_a_tag_is_another_once_anything_is(self, ask, desk, course):
        known = ask().headers["ETag"]
        last = desk.records(course)[-1]
        booking.cancel(desk.scheduler, appointment_id=last.id, version=last.version, reason="cold")
        assert ask(If_None_Match=known).status_code == 200
        assert ask().headers["ETag"] != known


class TestForms:
    @pytest.mark.parametrize("asked", ["gzip", "GZIP", "identity;q=0, gzip;q=1.0", "br, gzip", "*;q=0.1, gzip"])
    def test_zipped_where_it_is_asked_for(self, ask, asked):
        answer = ask(Accept_Encoding=asked)
        assert (answer.headers["Content-Encoding"], gzip.decompress(answer.data)) == ("gzip", ask().data)

    @pytest.mark.parametrize("asked", ["*", "gzip;q=0", "gzip; q=0.0", "xgzip", "deflate", ";;"])
    def test_plain_where_it_is_not(self, ask, asked):
        assert "Content-Encoding" not in ask(Accept_Encoding=asked).headers

    @pytest.mark.parametrize("asked", ["gzip", "identity"])
    def test_the_length_is_that_of_what_is_sent_for_head_as_well(self, ask, asked):
        full, head = ask(Accept_Encoding=asked), ask("HEAD", Accept_Encoding=asked)
        assert int(full.headers["Content-Length"]) == len(full.data)
        assert (dict(head.headers), head.data) == (dict(full.headers), b"")

    def test_both_forms_say_what_they_depend_on(self, ask):
        assert {ask(Accept_Encoding=asked).headers["Vary"] for asked in ("gzip", "identity")} == {"Accept-Encoding"}

    def test_an_address_with_a_query_is_the_same_calendar(self, ask):
        assert ask(rest="?nocache=1").data == ask().data


class TestRefusals:
    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "REPORT"])
    def test_another_method_is_refused_for_every_address_alike(self, ask, method):
        answers = [ask(method), ask(method, token="x" * 43)]
        assert [(one.status_code, one.headers["Allow"], one.data) for one in answers] == [
            (405, "GET, HEAD", b"A calendar can only be read.\n")
        ] * 2

    def test_what_is_refused_is_not_kept_nor_listed_nor_referred_to(self, ask):
        for answer in (ask(token="x" * 43), ask("POST")):
            names = ("Cache-Control", "X-Robots-Tag", "Referrer-Policy")
            assert [answer.headers[name] for name in names] == ["no-store", "noindex", "no-referrer"]
            assert not {"ETag", "Set-Cookie", "Location"} & {*answer.headers.keys()}

    def test_head_of_what_is_not_there_has_no_body(self, ask):
        answer = ask("HEAD", token="x" * 43)
        assert (answer.status_code, answer.data) == (404, b"")

    @pytest.mark.parametrize("rest", ["/", "/x", ".ics"])
    def test_nothing_is_redirected(self, ask, rest):
        assert ask(rest=rest).status_code == 404

    def test_a_cookie_is_neither_read_nor_set(self, ask):
        answer = ask(Cookie="session=nonsense; names=off")
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False)


@pytest.mark.usefixtures("course")
class TestSwitchedOff:
    @pytest.mark.parametrize(
        ("language", "said"),
        [(Language.ENGLISH, "This calendar link was switched off"),
         (Language.SPANISH, "Este enlace de calendario se ha desactivado")],
    )  # fmt: skip
    def test_the_notice_is_there_for_ninety_days_in_the_links_language(self, ask, desk, language, said):
        made = feeds.create(desk.scheduler, Wanted("phone", language=language), patient_id=desk.patient())
        assert len(events(ask(token=made.token))) == 40
        feeds.revoke(desk.scheduler, link_id=made.link.id)
        off = ask(token=made.token)
        assert [(str(event["SUMMARY"]), event["DTSTART"].dt) for event in events(off)] == [(said, date(2027, 1, 4))]
        desk.clock.now = NOW + timedelta(days=90) - timedelta(microseconds=1)
        assert ask(token=made.token, If_None_Match=off.headers["ETag"]).status_code == 304
        desk.clock.now = NOW + timedelta(days=90)
        assert ask(token=made.token).status_code == 404

    def test_for_staff_as_well(self, ask, desk):
        made = feeds.create_for_resource(desk.admin, Wanted("desktop"), resource_id=CHAIR)
        feeds.revoke(desk.admin, link_id=made.link.id)
        assert [str(event["SUMMARY"]) for event in events(ask(token=made.token))] == ["This calendar link was switched off"]


def test_a_calendar_of_each_audience_is_given_alike(ask, desk, course):
    made = [feeds.create_for_resource(desk.admin, Wanted("desktop"), resource_id=one) for one in (CHAIR, NURSE)]
    made.append(feeds.create(desk.scheduler, Wanted("Mum", Audience.CARER), patient_id=desk.patient(), agreed=True))
    for one in made:
        answer = ask(token=one.token)
        assert (answer.status_code, answer.content_type) == (200, "text/calendar; charset=utf-8")
        assert len(events(answer)) == 20
        assert ask(token=one.token, If_None_Match=answer.headers["ETag"]).status_code == 304


def test_a12_over_http_to_the_minute(ask, desk, course, minted):
    sixth = desk.records(course)[5]

    def shown():
        answer = ask()
        whole = answer.data.replace(b"\r\n ", b"").decode()
        assert forbidden_in(whole) == []
        assert "Lovelace" not in whole
        assert all(len(line) <= 75 for line in answer.data.split(b"\r\n"))
        assert answer.data.count(b"\n") == answer.data.count(b"\r\n")
        assert ask(If_None_Match=answer.headers["ETag"]).status_code == 304
        return next((seen(one) for one in events(answer) if str(one["UID"]) == str(sixth.id)), None)

    assert shown() == ["03-18 14:00", "03-18 16:35", "0", "Appointment", "CONFIRMED", "OPAQUE", "PRIVATE"]
    desk.clock.now = at("2027-03-17T13:00")
    calendar.close(desk.admin, span=closure(date(2027, 3, 18)).span, reason="closed")
    moved = booking.move(desk.scheduler, appointment_id=sixth.id, start=at("2027-03-19T14:00"), version=sixth.version)
    assert shown() == ["03-19 14:00", "03-19 16:35", "1", "Appointment", "CONFIRMED", "OPAQUE", "PRIVATE"]
    version = next(one.version for one in moved.appointments if one.id == sixth.id)
    booking.cancel(desk.scheduler, appointment_id=sixth.id, version=version, reason="cold")
    gone = ["03-19 14:00", "03-19 16:35", "2", "Cancelled: Appointment", "CANCELLED", "TRANSPARENT", "PRIVATE"]
    assert shown() == gone
    desk.clock.now = at("2027-03-19T16:34:59")
    assert shown() == gone
    desk.clock.now = at("2027-03-19T16:35")
    assert shown() is None
    new = feeds.rotate(desk.scheduler, link_id=minted.link.id)
    assert [str(event["SUMMARY"]) for event in events(ask())] == ["This calendar link was switched off"]
    assert len(events(ask(token=new.token))) == 19
    assert ask(token="x" * 43).status_code == 404
