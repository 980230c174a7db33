"""What is on a clinic's calendar."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

UUID, STRING, TEXT, INTEGER, BOOLEAN = sa.Uuid(), sa.String(), sa.Text(), sa.Integer(), sa.Boolean()
DATE, INSTANT, JSON = sa.Date(), sa.DateTime(timezone=True), sa.JSON()
HELD = {"sqlite_where": sa.text("hold_id IS NOT NULL"), "postgresql_where": sa.text("hold_id IS NOT NULL")}


def columns(kind: sa.types.TypeEngine[Any], *names: str, nullable: bool = False) -> Iterator[sa.Column[Any]]:
    return (sa.Column(name, kind, nullable=nullable) for name in names)


def word(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=20)


def refer(table: str, other: str, column: str | None = None, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    if column is None:
        return sa.ForeignKeyConstraint(["clinic_id"], [f"{other}.id"], name=f"fk_{table}_clinic_id")
    theirs = [f"{other}.clinic_id", f"{other}.id"]
    return sa.ForeignKeyConstraint(["clinic_id", column], theirs, name=f"fk_{table}_clinic_id_{column}", ondelete=ondelete)


def upgrade() -> None:
    op.create_table(
        "hold",
        *columns(UUID, "clinic_id", "id"),
        *columns(UUID, "patient_id", nullable=True),
        *columns(INSTANT, "start_at", "end_at"),
        *columns(TEXT, "profile"),
        *columns(INSTANT, "expires_at"),
        *columns(UUID, "created_by"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_hold"),
        refer("hold", "clinic"),
        refer("hold", "patient", "patient_id"),
    )
    op.create_index("ix_hold_clinic_id_expires_at", "hold", ["clinic_id", "expires_at"])
    op.create_table(
        "appointment",
        *columns(UUID, "clinic_id", "id", "patient_id"),
        *columns(INSTANT, "start_at", "end_at"),
        *columns(STRING, "wall_start"),
        *columns(TEXT, "profile"),
        *columns(word("appointmentstatus", "tentative", "booked", "arrived", "fulfilled", "cancelled", "noshow"), "status"),
        *columns(UUID, "course_id", nullable=True),
        *columns(STRING, "phase", nullable=True),
        *columns(INTEGER, "number", nullable=True),
        *columns(UUID, "linked_to", "clinician_id", nullable=True),
        *columns(INSTANT, "told_at", nullable=True),
        *columns(INTEGER, "sequence", "version"),
        *columns(INSTANT, "created_at", "updated_at"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_appointment"),
        sa.CheckConstraint("end_at > start_at", name=op.f("ck_appointment_ends_after_start")),
        refer("appointment", "resource", "clinician_id"),
        refer("appointment", "course", "course_id"),
        refer("appointment", "appointment", "linked_to"),
        refer("appointment", "patient", "patient_id"),
    )
    op.create_index("ix_appointment_clinic_id_course_id_start_at", "appointment", ["clinic_id", "course_id", "start_at"])
    op.create_index("ix_appointment_clinic_id_patient_id_start_at", "appointment", ["clinic_id", "patient_id", "start_at"])
    op.create_index("ix_appointment_clinic_id_start_at", "appointment", ["clinic_id", "start_at"])
    op.create_table(
        "occupancy",
        *columns(UUID, "subject_id"),
        *columns(INTEGER, "seat", "starts", "ends"),
        *columns(UUID, "clinic_id"),
        *columns(UUID, "appointment_id", "hold_id", nullable=True),
        sa.PrimaryKeyConstraint("subject_id", "seat", "starts", name="pk_occupancy"),
        sa.CheckConstraint("ends > starts AND ends - starts <= 1560", name=op.f("ck_occupancy_length")),
        sa.CheckConstraint("(appointment_id IS NULL) <> (hold_id IS NULL)", name=op.f("ck_occupancy_one_cause")),
        refer("occupancy", "appointment", "appointment_id", ondelete="CASCADE"),
        refer("occupancy", "hold", "hold_id", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_occupancy_clinic_id_appointment_id", "occupancy", ["clinic_id", "appointment_id"])
    op.create_index("ix_occupancy_clinic_id_hold_id", "occupancy", ["clinic_id", "hold_id"], **HELD)
    op.create_index("ix_occupancy_clinic_id_starts_ends", "occupancy", ["clinic_id", "starts", "ends"])
    op.create_table(
        "session_given",
        *columns(UUID, "clinic_id", "id", "course_id"),
        *columns(STRING, "phase"),
        *columns(DATE, "day"),
        *columns(BOOLEAN, "elsewhere"),
        *columns(UUID, "appointment_id", nullable=True),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_session_given"),
        refer("session_given", "clinic"),
        refer("session_given", "appointment", "appointment_id"),
        refer("session_given", "course", "course_id"),
    )
    op.create_index("ix_session_given_clinic_id_course_id", "session_given", ["clinic_id", "course_id"])
    op.create_table(
        "task",
        *columns(UUID, "clinic_id", "id"),
        *columns(STRING, "kind"),
        *columns(INSTANT, "due_at", "created_at"),
        *columns(JSON, "facts"),
        *columns(UUID, "appointment_id", "course_id", "patient_id", nullable=True),
        *columns(INSTANT, "done_at", nullable=True),
        *columns(STRING, "done_reason", nullable=True),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_task"),
        refer("task", "clinic"),
        refer("task", "appointment", "appointment_id"),
        refer("task", "course", "course_id"),
        refer("task", "patient", "patient_id"),
    )
    op.create_index("ix_task_clinic_id_appointment_id", "task", ["clinic_id", "appointment_id"])
    op.create_index("ix_task_clinic_id_done_at_due_at", "task", ["clinic_id", "done_at", "due_at"])


def downgrade() -> None:
    for table in ("task", "session_given", "occupancy", "appointment", "hold"):
        op.drop_table(table)
