"""Messages by several channels: whom they are for, what was tried, what patients agreed to, and a clinic's own words."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

UUID, STRING, TEXT, INTEGER, BOOLEAN = sa.Uuid(), sa.String(), sa.Text(), sa.Integer(), sa.Boolean()
INSTANT = sa.DateTime(timezone=True)
CHANNELS, LANGUAGES = ("mail", "sms", "phone", "print"), ("en", "es")
RECIPIENTS = "'patient', 'escort'"


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
    op.execute("ALTER TABLE notice ADD COLUMN recipient VARCHAR(20) DEFAULT 'patient' NOT NULL CONSTRAINT "
               f"ck_notice_recipient CHECK (recipient IN ({RECIPIENTS}))")
    op.create_index("ix_notice_clinic_id_due_at", "notice", ["clinic_id", "due_at"])
    op.add_column("clinic", sa.Column("messaging", TEXT, nullable=False, server_default="{}"))
    op.add_column("correspondence", sa.Column("channels", TEXT, nullable=False, server_default='["mail", "sms"]'))
    op.add_column("correspondence", sa.Column("quiet", TEXT, nullable=True))
    op.add_column("correspondence", sa.Column("reminders", BOOLEAN, nullable=False, server_default=sa.true()))
    _consents()
    _text_stops()
    _attempts()
    _own_words()


def _consents() -> None:
    op.create_table(
        "consent",
        *columns(UUID, "clinic_id", "id", "patient_id"),
        *columns(word("channel", *CHANNELS), "channel"),
        *columns(BOOLEAN, "given"),
        *columns(INSTANT, "at"),
        *columns(STRING, "how"),
        *columns(UUID, "by", nullable=True),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_consent"),
        refer("consent", "clinic"),
        refer("consent", "patient", "patient_id"),
    )
    op.create_index("ix_consent_clinic_id_patient_id", "consent", ["clinic_id", "patient_id"])
    _append_only("consent")


def _text_stops() -> None:
    op.create_table(
        "text_stop",
        *columns(UUID, "clinic_id", "id"),
        *columns(STRING, "number"),
        *columns(BOOLEAN, "stopped"),
        *columns(INSTANT, "at"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_text_stop"),
        refer("text_stop", "clinic"),
    )
    op.create_index("ix_text_stop_clinic_id_number", "text_stop", ["clinic_id", "number"])
    _append_only("text_stop")


def _attempts() -> None:
    op.create_table(
        "attempt",
        *columns(UUID, "clinic_id", "id", "notice_id"),
        *columns(word("channel", *CHANNELS), "channel"),
        *columns(INSTANT, "at"),
        *columns(STRING, "outcome"),
        *columns(BOOLEAN, "final"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_attempt"),
        refer("attempt", "clinic"),
        refer("attempt", "notice", "notice_id"),
    )
    op.create_index("ix_attempt_clinic_id_notice_id", "attempt", ["clinic_id", "notice_id"])
    _append_only("attempt")


def _own_words() -> None:
    op.create_table(
        "own_words",
        *columns(UUID, "clinic_id", "id"),
        *columns(STRING, "kind"),
        *columns(word("language", *LANGUAGES), "language"),
        *columns(word("channel", *CHANNELS), "channel"),
        *columns(STRING, "subject"),
        *columns(STRING, "body"),
        *columns(INSTANT, "at"),
        *columns(UUID, "author_id"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_own_words"),
        refer("own_words", "clinic"),
    )
    op.create_index("ix_own_words_clinic_id_kind_language", "own_words", ["clinic_id", "kind", "language"])
    _append_only("own_words")


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


def downgrade() -> None:
    for table in ("own_words", "attempt", "text_stop", "consent"):
        op.drop_table(table)
    for column in ("reminders", "quiet", "channels"):
        op.drop_column("correspondence", column)
    op.drop_column("clinic", "messaging")
    op.drop_index("ix_notice_clinic_id_due_at", "notice")
    op.drop_column("notice", "recipient")
