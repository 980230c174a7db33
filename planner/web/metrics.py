"""Metrics for Prometheus: counts of messages from the database, for who knows the token, without a name of anybody."""

from collections.abc import Iterator
from hmac import compare_digest

from flask import Blueprint, abort, current_app, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from werkzeug.wrappers import Response

from planner.domain.outbox import Standing
from planner.services.metrics import Measured, measure
from planner.web.asking import parts

bp = Blueprint("metrics", __name__)
_MESSAGES = {
    Standing.SENT: ("planner_messages_sent", "Messages that a server took"),
    Standing.FAILED: ("planner_messages_given_up", "Messages that failed for good and became a task"),
    Standing.WITHDRAWN: ("planner_messages_withdrawn", "Messages that were taken back before they were sent"),
}


@bp.get("/metrics")
def scrape() -> Response:
    """Answer who brings the token; without one that is set, this address is not there."""
    token: str | None = current_app.config["PLANNER_METRICS_TOKEN"]
    if not token:
        abort(404)
    brought = request.authorization
    if not (brought and brought.type == "bearer" and compare_digest((brought.token or "").encode(), token.encode())):
        return Response("a token is needed\n", 401, {"WWW-Authenticate": "Bearer"}, mimetype="text/plain")
    registry = CollectorRegistry()
    registry.register(_Counted(measure(parts().store, parts().clock)))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


class _Counted(Collector):
    """The numbers of one look at the database."""

    def __init__(self, measured: Measured) -> None:
        self._measured = measured

    def collect(self) -> Iterator[Metric]:
        """Give each as a family."""
        found = self._measured
        owed = GaugeMetricFamily("planner_messages_owed", "Messages still to be sent, due or not", labels=["kind"])
        totals = {one: CounterMetricFamily(*words, labels=["kind"]) for one, words in _MESSAGES.items()}
        for (kind, standing), count in sorted(found.messages.items()):
            (owed if standing is Standing.OWED else totals[standing]).add_metric([kind], count)
        failed = CounterMetricFamily("planner_message_tries_failed", "Tries that a server refused", labels=["channel"])
        for channel, count in sorted(found.failures.items()):
            failed.add_metric([channel.value], count)
        yield from (owed, *totals.values(), failed)
        late = "Seconds since the first message was due that is still owed"
        yield GaugeMetricFamily("planner_oldest_due_seconds", late, found.oldest_due)
        alive = "Seconds since a worker was last alive; infinite where none ever was"
        beat = float("inf") if found.heartbeat is None else found.heartbeat
        yield GaugeMetricFamily("planner_heartbeat_age_seconds", alive, beat)
