"""What happens at the desk: sign-ins, attendance, what is owed to patients, their links, and undo."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from planner.domain.contact import search_key

revision = "0004"
down_revision = "0003"

UUID, STRING, TEXT, INTEGER, BOOLEAN = sa.Uuid(), sa.String(), sa.Text(), sa.Integer(), sa.Boolean()
INSTANT, JSON = sa.DateTime(timezone=True), sa.JSON()
OPEN = sa.text("sent_at IS NULL AND given_up_at IS NULL AND withdrawn_at IS NULL")
OUTCOMES = "'given', 'nothing-given', 'no-show', 'late-cancel'"


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
    _people()
    _appointments()
    _changes()
    _signing_in()
    _attendance()
    _outbox()
    _links()


def _people() -> None:
    op.add_column("patient", sa.Column("search_key", STRING, nullable=False, server_default=""))
    _make_searchable()
    for column in columns(STRING, "email", "password", "uniquifier", nullable=True):
        op.add_column("staff", column)
    op.add_column("staff", sa.Column("active", BOOLEAN, nullable=False, server_default=sa.true()))
    op.add_column("staff", sa.Column("version", INTEGER, nullable=False, server_default="1"))
    with op.batch_alter_table("staff") as staff:
        staff.create_unique_constraint("uq_staff_email", ["email"])
        staff.create_unique_constraint("uq_staff_uniquifier", ["uniquifier"])


def _make_searchable() -> None:
    keys, texts = columns(UUID, "clinic_id", "id"), columns(STRING, "name", "record_number", "phone", "search_key")
    patient = sa.table("patient", *keys, *texts)
    for row in op.get_bind().execute(sa.select(patient)).all():
        mine = patient.update().where(patient.c.clinic_id == row.clinic_id, patient.c.id == row.id)
        op.get_bind().execute(mine.values(search_key=search_key(row.name, row.record_number, row.phone)))


def _changes() -> None:
    op.create_table(
        "calendar_change",
        *columns(UUID, "clinic_id"),
        *columns(INTEGER, "revision"),
        *columns(JSON, "spans"),
        sa.PrimaryKeyConstraint("clinic_id", "revision", name="pk_calendar_change"),
        refer("calendar_change", "clinic"),
    )


def _appointments() -> None:
    for column in columns(INSTANT, "arrived_at", "dosed_at", "discharged_at", nullable=True):
        op.add_column("appointment", column)
    op.drop_index("ix_appointment_clinic_id_patient_id_start_at", "appointment")
    of_patient = ["clinic_id", "patient_id", "start_at", "version", "updated_at"]
    op.create_index("ix_appointment_clinic_id_patient_id_start_at_version_updated_at", "appointment", of_patient)
    op.execute(f"ALTER TABLE appointment ADD COLUMN outcome VARCHAR(20) CONSTRAINT ck_appointment_outcome "
               f"CHECK (outcome IN ({OUTCOMES}))")


def _signing_in() -> None:
    op.create_table(
        "sign_in",
        *columns(UUID, "clinic_id", "id", "staff_id"),
        *columns(STRING, "token_hash"),
        *columns(INSTANT, "created_at", "seen_at"),
        *columns(STRING, "address", "agent"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_sign_in"),
        sa.UniqueConstraint("token_hash", name="uq_sign_in_token_hash"),
        refer("sign_in", "clinic"),
        refer("sign_in", "staff", "staff_id"),
    )
    op.create_index("ix_sign_in_clinic_id_staff_id", "sign_in", ["clinic_id", "staff_id"])
    op.create_table(
        "throttle",
        *columns(STRING, "key"),
        *columns(INTEGER, "start", "hits"),
        sa.PrimaryKeyConstraint("key", "start", name="pk_throttle"),
    )
    op.create_index("ix_throttle_start", "throttle", ["start"])
    op.create_table(
        "heartbeat",
        *columns(STRING, "worker"),
        *columns(INSTANT, "seen_at"),
        sa.PrimaryKeyConstraint("worker", name="pk_heartbeat"),
    )


def _attendance() -> None:
    op.create_table(
        "mark",
        *columns(UUID, "clinic_id", "id", "appointment_id"),
        *columns(word("markkind", "arrived", "dosed", "discharged", "no-show", "late-cancel", "nothing-given"), "kind"),
        *columns(INSTANT, "at", "recorded_at"),
        *columns(UUID, "recorded_by"),
        *columns(JSON, "facts"),
        *columns(UUID, "replaces", nullable=True),
        *columns(STRING, "reason", nullable=True),
        *columns(BOOLEAN, "withdrawn"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_mark"),
        refer("mark", "clinic"),
        refer("mark", "appointment", "appointment_id"),
    )
    op.create_index("ix_mark_clinic_id_appointment_id", "mark", ["clinic_id", "appointment_id"])
    _append_only("mark")
    op.create_table(
        "undo",
        *columns(UUID, "clinic_id", "id", "actor_id"),
        *columns(STRING, "action"),
        *columns(INSTANT, "made_at", "until"),
        *columns(TEXT, "former"),
        *columns(JSON, "facts"),
        *columns(INSTANT, "undone_at", nullable=True),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_undo"),
        refer("undo", "clinic"),
    )
    op.create_index("ix_undo_clinic_id_until", "undo", ["clinic_id", "until"])


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
            "BEGIN SELECT RAISE(ABORT, '{table}_append_only'); END"
        )


def _outbox() -> None:
    op.create_table(
        "letterhead",
        *columns(UUID, "clinic_id"),
        *columns(STRING, "public_name", "sender", "phone"),
        *columns(INTEGER, "version"),
        sa.PrimaryKeyConstraint("clinic_id", name="pk_letterhead"),
        refer("letterhead", "clinic"),
    )
    op.create_table(
        "notice",
        *columns(UUID, "clinic_id", "id"),
        *columns(STRING, "key", "kind", "channel"),
        *columns(UUID, "patient_id", "course_id", "appointment_id", nullable=True),
        *columns(JSON, "facts"),
        *columns(INSTANT, "created_at", "due_at", "next_attempt_at", "expires_at"),
        *columns(INTEGER, "attempts"),
        *columns(INSTANT, "sent_at", "given_up_at", "withdrawn_at", nullable=True),
        *columns(STRING, "outcome", nullable=True),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_notice"),
        sa.UniqueConstraint("clinic_id", "key", name="uq_notice_clinic_id_key"),
        refer("notice", "clinic"),
        refer("notice", "patient", "patient_id"),
        refer("notice", "course", "course_id"),
        refer("notice", "appointment", "appointment_id"),
    )
    op.create_index("ix_notice_clinic_id_appointment_id", "notice", ["clinic_id", "appointment_id"])
    op.create_index("ix_notice_clinic_id_patient_id", "notice", ["clinic_id", "patient_id"])
    op.create_index("ix_notice_open", "notice", ["next_attempt_at"], sqlite_where=OPEN, postgresql_where=OPEN)


def _links() -> None:
    op.create_table(
        "feed_link",
        *columns(UUID, "clinic_id", "id", "patient_id"),
        *columns(STRING, "label", "token_hash", "wording"),
        *columns(BOOLEAN, "shows_advice"),
        *columns(INSTANT, "created_at", "updated_at"),
        *columns(INSTANT, "expires_at", "revoked_at", "fetched_at", nullable=True),
        *columns(STRING, "fetched_by", nullable=True),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_feed_link"),
        sa.UniqueConstraint("token_hash", name="uq_feed_link_token_hash"),
        refer("feed_link", "clinic"),
        refer("feed_link", "patient", "patient_id"),
    )
    op.create_index("ix_feed_link_clinic_id_patient_id", "feed_link", ["clinic_id", "patient_id"])


def downgrade() -> None:
    for table in ("feed_link", "notice", "letterhead", "undo", "mark", "calendar_change", "heartbeat", "throttle"):
        op.drop_table(table)
    op.drop_table("sign_in")
    op.drop_index("ix_appointment_clinic_id_patient_id_start_at_version_updated_at", "appointment")
    op.create_index("ix_appointment_clinic_id_patient_id_start_at", "appointment", ["clinic_id", "patient_id", "start_at"])
    for column in ("outcome", "discharged_at", "dosed_at", "arrived_at"):
        op.drop_column("appointment", column)
    with op.batch_alter_table("staff") as staff:
        staff.drop_constraint("uq_staff_email")
        staff.drop_constraint("uq_staff_uniquifier")
        for column in ("version", "active", "uniquifier", "password", "email"):
            staff.drop_column(column)
    op.drop_column("patient", "search_key")
