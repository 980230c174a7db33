"""What a clinic is, whom it treats and what it prescribes."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

UUID, STRING, TEXT, INTEGER, BOOLEAN = sa.Uuid(), sa.String(), sa.Text(), sa.Integer(), sa.Boolean()
DATE, INSTANT, JSON = sa.Date(), sa.DateTime(timezone=True), sa.JSON()


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
        "clinic",
        *columns(UUID, "id"),
        *columns(STRING, "name", "zone"),
        *columns(TEXT, "hours", "costs"),
        *columns(INTEGER, "grid_minutes", "overrun_days", "first_within_days", "horizon_days"),
        *columns(TEXT, "holidays"),
        *columns(TEXT, "calendar", nullable=True),
        *columns(INTEGER, "version"),
        sa.PrimaryKeyConstraint("id", name="pk_clinic"),
    )
    op.create_table(
        "closure",
        *columns(UUID, "clinic_id"),
        *columns(INTEGER, "number"),
        *columns(INSTANT, "start_at", "end_at"),
        *columns(STRING, "reason"),
        sa.PrimaryKeyConstraint("clinic_id", "number", name="pk_closure"),
        refer("closure", "clinic"),
    )
    op.create_table(
        "resource",
        *columns(UUID, "clinic_id", "id"),
        *columns(INTEGER, "rank"),
        *columns(STRING, "name", "kind"),
        *columns(INTEGER, "capacity"),
        *columns(TEXT, "hours", nullable=True),
        *columns(BOOLEAN, "active"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_resource"),
        refer("resource", "clinic"),
    )
    op.create_table(
        "absence",
        *columns(UUID, "clinic_id", "resource_id"),
        *columns(INTEGER, "number"),
        *columns(INSTANT, "start_at", "end_at"),
        *columns(STRING, "reason"),
        sa.PrimaryKeyConstraint("clinic_id", "resource_id", "number", name="pk_absence"),
        refer("absence", "resource", "resource_id"),
    )
    op.create_table(
        "patient",
        *columns(UUID, "clinic_id", "id"),
        *columns(STRING, "name"),
        *columns(STRING, "record_number", "phone", "email", nullable=True),
        *columns(DATE, "birth_date", nullable=True),
        *columns(INTEGER, "version"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_patient"),
        refer("patient", "clinic"),
        sa.UniqueConstraint("clinic_id", "record_number", name="uq_patient_clinic_id_record_number"),
    )
    op.create_index("ix_patient_clinic_id_name", "patient", ["clinic_id", "name"])
    op.create_table(
        "staff",
        *columns(UUID, "clinic_id", "id"),
        *columns(STRING, "name"),
        *columns(word("role", "scheduler", "clinician", "admin", "system"), "role"),
        *columns(UUID, "resource_id", nullable=True),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_staff"),
        refer("staff", "clinic"),
        refer("staff", "resource", "resource_id"),
    )
    op.create_table(
        "protocol",
        *columns(UUID, "clinic_id"),
        *columns(STRING, "name"),
        *columns(INTEGER, "version"),
        *columns(TEXT, "document"),
        *columns(INSTANT, "published_at"),
        *columns(UUID, "author_id"),
        sa.PrimaryKeyConstraint("clinic_id", "name", "version", name="pk_protocol"),
        refer("protocol", "clinic"),
    )
    op.create_table(
        "course",
        *columns(UUID, "clinic_id", "id", "patient_id"),
        *columns(TEXT, "protocol", "preferences"),
        *columns(word("coursestatus", "draft", "active", "on-hold", "completed", "revoked"), "status"),
        *columns(UUID, "clinician_id", nullable=True),
        *columns(INSTANT, "created_at"),
        *columns(INTEGER, "version"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_course"),
        refer("course", "clinic"),
        refer("course", "resource", "clinician_id"),
        refer("course", "patient", "patient_id"),
    )
    op.create_index("ix_course_clinic_id_patient_id", "course", ["clinic_id", "patient_id"])
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
    op.create_table(
        "gate",
        *columns(UUID, "clinic_id", "id"),
        *columns(UUID, "patient_id", nullable=True),
        *columns(STRING, "name"),
        *columns(BOOLEAN, "met"),
        *columns(DATE, "until", nullable=True),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_gate"),
        refer("gate", "clinic"),
        refer("gate", "patient", "patient_id"),
    )
    op.create_index("ix_gate_clinic_id_patient_id", "gate", ["clinic_id", "patient_id"])
    op.create_table(
        "audit",
        *columns(INTEGER, "id"),
        *columns(UUID, "clinic_id"),
        *columns(INSTANT, "at"),
        *columns(UUID, "actor_id"),
        *columns(STRING, "action", "subject_kind"),
        *columns(UUID, "subject_id"),
        *columns(JSON, "facts"),
        *columns(STRING, "reason", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        refer("audit", "clinic"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_clinic_id_subject_id", "audit", ["clinic_id", "subject_id"])


def downgrade() -> None:
    for table in (
        "audit", "gate", "course_order", "course", "protocol", "staff",
        "patient", "absence", "resource", "closure", "clinic",
    ):
        op.drop_table(table)
