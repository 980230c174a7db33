"""The patient's own page, by private link: no account, no script, no cookie. GET never changes anything."""

from werkzeug.wrappers import Response

from planner.domain.reaching import Purpose
from planner.web.private import bearer, private_blueprint, shown

bp = private_blueprint("mine", __name__)


@bp.get("/my/<token>")
def page(token: str) -> Response:
    """Show the patient's own page."""
    found = bearer(token)
    found.check(Purpose.PAGE)
    return shown("mine/page.html", found)
