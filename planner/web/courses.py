"""Courses: the list of them by status, and each as one line of time."""

from typing import Annotated
from uuid import UUID

from flask import Blueprint, render_template

from planner.domain.course import CourseStatus
from planner.domain.scores import Scale
from planner.services import score_pages, timelines
from planner.web.asking import Blank, Form, context, read_query
from planner.web.chart import Chart, gap_words
from planner.web.happenings import happening_words, reason_of, wall_words, was_words
from planner.web.order_words import spacing_words, status_words
from planner.web.score_chart import counts_of, series_of

bp = Blueprint("courses", __name__, url_prefix="/courses")
for _words in (gap_words, happening_words, reason_of, spacing_words, status_words, wall_words, was_words):
    bp.add_app_template_filter(_words)


class ListQuery(Form):
    """Which courses are listed."""

    status: CourseStatus = CourseStatus.ACTIVE


class OneQuery(Form):
    """Which scale is drawn."""

    scale: Annotated[Scale | None, Blank] = None


@bp.get("")
def listing() -> str:
    """List the courses of a status, by what is next."""
    status = read_query(ListQuery).status
    found = timelines.listed(context(), status=status)
    return render_template("courses/list.html", lines=found, status=status, statuses=list(CourseStatus))


@bp.get("/<uuid:course_id>")
def one(course_id: UUID) -> str:
    """Show a course: planned against given, what is due next, and who ordered or did what."""
    scale = read_query(OneQuery).scale
    whole, found = timelines.timeline(context(), course_id=course_id), score_pages.of_course(context(), course_id=course_id)
    chart = Chart(whole, series_of(whole, found, scale))
    return render_template("courses/one.html", whole=whole, chart=chart, scores=found, drawable=counts_of(whole, found))
