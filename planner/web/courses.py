"""Courses: the list of them by status, and each as one line of time."""

from uuid import UUID

from flask import Blueprint, render_template

from planner.domain.course import CourseStatus
from planner.services import timelines
from planner.web.asking import Form, context, read_query
from planner.web.chart import Chart, gap_words
from planner.web.happenings import happening_words, reason_of, spacing_words, wall_words, was_words

bp = Blueprint("courses", __name__, url_prefix="/courses")
for _words in (gap_words, happening_words, reason_of, spacing_words, wall_words, was_words):
    bp.add_app_template_filter(_words)


class ListQuery(Form):
    """Which courses are listed."""

    status: CourseStatus = CourseStatus.ACTIVE


@bp.get("")
def listing() -> str:
    """List the courses of a status, by what is next."""
    status = read_query(ListQuery).status
    found = timelines.listed(context(), status=status)
    return render_template("courses/list.html", lines=found, status=status, statuses=list(CourseStatus))


@bp.get("/<uuid:course_id>")
def one(course_id: UUID) -> str:
    """Show a course: planned against given, what is due next, and who ordered or did what."""
    whole = timelines.timeline(context(), course_id=course_id)
    return render_template("courses/one.html", whole=whole, chart=Chart(whole))
