"""The reviews that clinicians owe, the earliest due first, each one step from its decision."""

from flask import Blueprint, render_template

from planner.services.review_list import owed_reviews
from planner.web.asking import context

bp = Blueprint("reviews", __name__)


@bp.get("/reviews")
def listing() -> str:
    """List the reviews that are owed now, and those that will be."""
    return render_template("reviews/list.html", reviews=owed_reviews(context()))
