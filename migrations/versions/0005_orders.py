"""Orders of every kind, scores, the waitlist, and many courses re-planned together."""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

UUID, STRING, TEXT, INTEGER, BOOLEAN = sa.Uuid(), sa.String(), sa.Text(), sa.Integer(), sa.Boolean()
INSTANT, DAY = sa.DateTime(timezone=True), sa.Date()
POLICIES = "'make-up', 'append', 'ask'"


def columns(kind: sa.types.TypeEngine[Any], *names: str, nullable: bool = False) -> Iterator[sa.Column[Any]]:
    return (sa.Column(name, kind, nullable=nullable) for name in names)


def word(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=20)


def refer(table: str, other: str, column: str | None = None) -> sa.ForeignKeyConstraint:
    if column is None:
        return sa.ForeignKeyConstraint(["clinic_id"], [f"{other}.id"], name=f"fk_{table}_clinic_id")
    theirs = [f"{other}.clinic_id", f"{other}.id"]
    return sa.ForeignKeyConstraint(["clinic_id", column], theirs, name=f"fk_{table}_clinic_id_{column}")


def upgrade() -> None:
    _courses()
    _orders()
    _policy()
    _scores()
    _waitlist()
    _replans()


def _courses() -> None:
    op.add_column("course", sa.Column("exceptions", TEXT, nullable=False, server_default="[]"))
    op.add_column("course", sa.Column("resumes_on", DAY, nullable=True))
    op.add_column("course", sa.Column("reviewed", TEXT, nullable=False, server_default="[]"))


def _orders() -> None:
    """Orders change every part of a course now: each keeps what it says, and the terms that it found."""
    former = _orders_before()
    op.drop_table("course_order")
    op.create_table(
        "course_order",
        *columns(UUID, "clinic_id", "id", "course_id"),
        *columns(TEXT, "content", "previous"),
        *columns(STRING, "reason"),
        *columns(UUID, "author_id"),
        *columns(INSTANT, "given_at"),
        *columns(DAY, "effective_on"),
        *columns(UUID, "successor_id", nullable=True),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_course_order"),
        refer("course_order", "clinic"),
        refer("course_order", "course", "course_id"),
        refer("course_order", "course", "successor_id"),
    )
    op.create_index("ix_course_order_clinic_id_course_id", "course_order", ["clinic_id", "course_id"])
    op.create_index("ix_course_order_clinic_id_successor_id", "course_order", ["clinic_id", "successor_id"])
    _append_only("course_order")
    if former:
        keys = (*columns(UUID, "clinic_id", "id", "course_id", "author_id"), *columns(INSTANT, "given_at"))
        texts = (*columns(TEXT, "content", "previous"), *columns(STRING, "reason"), *columns(DAY, "effective_on"))
        op.bulk_insert(sa.table("course_order", *keys, *texts), former)


def _orders_before() -> list[dict[str, Any]]:
    """Give the orders to change a spacing, with the course's terms as they were before each."""
    order = sa.table(
        "course_order", *columns(UUID, "clinic_id", "id", "course_id", "author_id"), *columns(INSTANT, "given_at"),
        *columns(TEXT, "phase", "spacing", "previous"), *columns(STRING, "reason"),
    )  # fmt: skip
    course = sa.table("course", *columns(UUID, "clinic_id", "id"), *columns(TEXT, "protocol", "preferences", "status"))
    bind = op.get_bind()
    terms = {(row.clinic_id, row.id): row for row in bind.execute(sa.select(course))}
    protocols = {key: json.loads(row.protocol) for key, row in terms.items()}
    found = []
    for row in bind.execute(sa.select(order).order_by(order.c.given_at.desc())):
        key = (row.clinic_id, row.course_id)
        if row.previous:
            protocols[key] = _spaced(protocols[key], row.phase, json.loads(row.previous))
        kept = {"protocol": protocols[key], "preferences": json.loads(terms[key].preferences), "status": "active"}
        content = {"kind": "spacing", "phase": row.phase, "spacing": json.loads(row.spacing)}
        found.append({
            "clinic_id": row.clinic_id, "id": row.id, "course_id": row.course_id, "author_id": row.author_id,
            "given_at": row.given_at, "effective_on": row.given_at.date(), "reason": row.reason,
            "content": json.dumps(content), "previous": json.dumps(kept),
        })  # fmt: skip
    return found


def _spaced(protocol: dict[str, Any], phase: str, spacing: Any) -> dict[str, Any]:
    phases = [{**one, "spacing": spacing} if one["name"] == phase else one for one in protocol["phases"]]
    return {**protocol, "phases": phases}


def _policy() -> None:
    op.execute("ALTER TABLE clinic ADD COLUMN missed VARCHAR(20) DEFAULT 'make-up' NOT NULL CONSTRAINT "
               f"ck_clinic_missedpolicy CHECK (missed IN ({POLICIES}))")


def _append_only(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_append_only_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table}_append_only'); END"
        )


def _scores() -> None:
    op.create_table(
        "score",
        *columns(UUID, "clinic_id", "id", "patient_id"),
        *columns(word("scale", "phq-9", "madrs", "qids", "gad-7"), "scale"),
        *columns(INTEGER, "value"),
        *columns(DAY, "day"),
        *columns(INSTANT, "recorded_at"),
        *columns(UUID, "recorded_by"),
        *columns(UUID, "replaces", nullable=True),
        *columns(BOOLEAN, "withdrawn"),
        *columns(STRING, "reason", nullable=True),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_score"),
        refer("score", "clinic"),
        refer("score", "patient", "patient_id"),
    )
    op.create_index("ix_score_clinic_id_patient_id", "score", ["clinic_id", "patient_id"])
    _append_only("score")


def _waitlist() -> None:
    op.create_table(
        "waiting",
        *columns(UUID, "clinic_id", "id", "patient_id", "appointment_id"),
        *columns(INTEGER, "notice_hours"),
        *columns(INSTANT, "created_at"),
        *columns(UUID, "created_by"),
        *columns(DAY, "from_day", "until_day", nullable=True),
        *columns(INSTANT, "closed_at", nullable=True),
        *columns(STRING, "closed_reason", nullable=True),
        *columns(INTEGER, "version"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_waiting"),
        refer("waiting", "clinic"),
        refer("waiting", "patient", "patient_id"),
        refer("waiting", "appointment", "appointment_id"),
    )
    op.create_index("ix_waiting_clinic_id_closed_at", "waiting", ["clinic_id", "closed_at"])
    op.create_table(
        "offer",
        *columns(UUID, "clinic_id", "id", "waiting_id", "hold_id"),
        *columns(INSTANT, "start_at", "offered_at"),
        *columns(UUID, "offered_by"),
        *columns(INSTANT, "expires_at"),
        *columns(word("answer", "accepted", "declined", "expired", "withdrawn"), "answer", nullable=True),
        *columns(INSTANT, "answered_at", nullable=True),
        *columns(INTEGER, "version"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_offer"),
        refer("offer", "clinic"),
        refer("offer", "waiting", "waiting_id"),
    )
    op.create_index("ix_offer_clinic_id_waiting_id", "offer", ["clinic_id", "waiting_id"])


def _replans() -> None:
    statuses = word("replanstatus", "waiting", "computing", "ready", "committed", "cancelled", "failed")
    op.create_table(
        "replan",
        *columns(UUID, "clinic_id", "id"),
        *columns(STRING, "action"),
        *columns(TEXT, "change"),
        *columns(statuses, "status"),
        *columns(INTEGER, "clinic_version"),
        *columns(INSTANT, "created_at"),
        *columns(UUID, "created_by"),
        *columns(INSTANT, "updated_at"),
        *columns(INTEGER, "total", "done"),
        *columns(INSTANT, "leased_until", nullable=True),
        *columns(UUID, "change_id", nullable=True),
        *columns(TEXT, "reassigned"),
        *columns(INTEGER, "version"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_replan"),
        refer("replan", "clinic"),
    )
    op.create_index("ix_replan_clinic_id_status", "replan", ["clinic_id", "status"])
    op.create_table(
        "replan_part",
        *columns(UUID, "clinic_id", "id", "replan_id"),
        *columns(INTEGER, "position"),
        *columns(UUID, "patient_id"),
        *columns(UUID, "course_id", "appointment_id", nullable=True),
        *columns(TEXT, "affected"),
        *columns(TEXT, "outcome", nullable=True),
        *columns(INTEGER, "version"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_replan_part"),
        refer("replan_part", "clinic"),
        refer("replan_part", "replan", "replan_id"),
        refer("replan_part", "patient", "patient_id"),
        refer("replan_part", "course", "course_id"),
        refer("replan_part", "appointment", "appointment_id"),
    )
    op.create_index("ix_replan_part_clinic_id_replan_id_position", "replan_part", ["clinic_id", "replan_id", "position"])


def downgrade() -> None:
    for table in ("replan_part", "replan", "offer", "waiting", "score", "course_order"):
        op.drop_table(table)
    op.create_table(
        "course_order",
        *columns(UUID, "clinic_id", "id", "course_id"),
        *columns(STRING, "phase"),
        *columns(TEXT, "spacing"),
        *columns(STRING, "reason"),
        *columns(UUID, "author_id"),
        *columns(INSTANT, "given_at"),
        *columns(TEXT, "previous", nullable=True),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_course_order"),
        refer("course_order", "clinic"),
        refer("course_order", "course", "course_id"),
    )
    op.create_index("ix_course_order_clinic_id_course_id", "course_order", ["clinic_id", "course_id"])
    _append_only("course_order")
    for column in ("reviewed", "resumes_on", "exceptions"):
        op.drop_column("course", column)
    op.drop_column("clinic", "missed")
