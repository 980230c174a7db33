"""Calendar links for everybody, private pages, what patients answer by them, and how they want to be written to."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

UUID, STRING, TEXT, INTEGER, BOOLEAN = sa.Uuid(), sa.String(), sa.Text(), sa.Integer(), sa.Boolean()
INSTANT = sa.DateTime(timezone=True)
AUDIENCES, LANGUAGES = ("patient", "carer", "clinician", "room"), ("en", "es")


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
    op.add_column("letterhead", sa.Column("address", STRING, nullable=False, server_default=""))
    op.add_column("clinic", sa.Column("self_service", TEXT, nullable=False, server_default="{}"))
    op.add_column("clinic", sa.Column("reminds", BOOLEAN, nullable=False, server_default=sa.true()))
    for table in ("resource", "patient"):
        op.add_column(table, sa.Column("renamed_at", INSTANT, nullable=True))
    for column in ("seated", "freed"):
        op.add_column("appointment", sa.Column(column, sa.JSON(), nullable=True))
    op.create_index("ix_appointment_clinic_id_updated_at", "appointment", ["clinic_id", "updated_at"])
    _feed_links()
    _page_links()
    _replies()
    _correspondence()


def _feed_links() -> None:
    """Links of patients as they were, and beside them those of carers, people and rooms."""
    held = sa.table(
        "feed_link", *columns(UUID, "clinic_id", "id", "patient_id"),
        *columns(STRING, "label", "token_hash", "wording", "fetched_by"), *columns(BOOLEAN, "shows_advice"),
        *columns(INSTANT, "created_at", "updated_at", "expires_at", "revoked_at", "fetched_at"),
    )  # fmt: skip
    before = [dict(row) for row in op.get_bind().execute(sa.select(held)).mappings()]
    op.drop_table("feed_link")
    made = _make_feed_link()
    if before:
        new = {"audience": "patient", "resource_id": None, "shows_place": False, "alarm_minutes": None, "language": "en",
               "agreed_at": None}  # fmt: skip
        op.bulk_insert(made, [row | new for row in before])


def _make_feed_link() -> sa.Table:
    made = op.create_table(
        "feed_link",
        *columns(UUID, "clinic_id", "id"),
        *columns(UUID, "patient_id", nullable=True),
        *columns(STRING, "label", "token_hash", "wording"),
        *columns(BOOLEAN, "shows_advice"),
        *columns(INSTANT, "created_at", "updated_at"),
        *columns(INSTANT, "expires_at", "revoked_at", "fetched_at", nullable=True),
        *columns(STRING, "fetched_by", nullable=True),
        *columns(word("audience", *AUDIENCES), "audience"),
        *columns(UUID, "resource_id", nullable=True),
        *columns(BOOLEAN, "shows_place"),
        *columns(INTEGER, "alarm_minutes", nullable=True),
        *columns(word("language", *LANGUAGES), "language"),
        *columns(INSTANT, "agreed_at", nullable=True),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_feed_link"),
        sa.UniqueConstraint("token_hash", name="uq_feed_link_token_hash"),
        sa.CheckConstraint("(patient_id IS NULL) <> (resource_id IS NULL)", name="of_somebody"),
        refer("feed_link", "clinic"),
        refer("feed_link", "patient", "patient_id"),
        refer("feed_link", "resource", "resource_id"),
    )
    for column in ("patient_id", "resource_id"):
        op.create_index(f"ix_feed_link_clinic_id_{column}", "feed_link", ["clinic_id", column])
    return made


def _page_links() -> None:
    op.create_table(
        "page_link",
        *columns(UUID, "clinic_id", "id", "patient_id"),
        *columns(word("purpose", "page", "open", "come", "ride", "change"), "purpose"),
        *columns(STRING, "label", "token_hash"),
        *columns(INSTANT, "created_at", "updated_at"),
        *columns(INSTANT, "expires_at", nullable=True),
        *columns(UUID, "appointment_id", "notice_id", nullable=True),
        *columns(INSTANT, "revoked_at", "used_at", nullable=True),
        *columns(STRING, "used_by", nullable=True),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_page_link"),
        sa.UniqueConstraint("token_hash", name="uq_page_link_token_hash"),
        refer("page_link", "clinic"),
        refer("page_link", "patient", "patient_id"),
        refer("page_link", "appointment", "appointment_id"),
        refer("page_link", "notice", "notice_id"),
    )
    op.create_index("ix_page_link_clinic_id_patient_id", "page_link", ["clinic_id", "patient_id"])
    op.create_index("ix_page_link_clinic_id_notice_id", "page_link", ["clinic_id", "notice_id"])


def _replies() -> None:
    op.create_table(
        "reply",
        *columns(UUID, "clinic_id", "id", "patient_id", "appointment_id"),
        *columns(word("replykind", "come", "ride", "change"), "kind"),
        *columns(INTEGER, "sequence"),
        *columns(INSTANT, "at"),
        *columns(UUID, "by"),
        *columns(TEXT, "ride", nullable=True),
        *columns(INSTANT, "start_at", nullable=True),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_reply"),
        refer("reply", "clinic"),
        refer("reply", "patient", "patient_id"),
        refer("reply", "appointment", "appointment_id"),
    )
    op.create_index("ix_reply_clinic_id_appointment_id", "reply", ["clinic_id", "appointment_id"])
    _append_only("reply")


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


def _correspondence() -> None:
    op.create_table(
        "correspondence",
        *columns(UUID, "clinic_id", "id"),
        *columns(word("language", *LANGUAGES), "language"),
        *columns(word("delivery", "feed", "invitations", "neither"), "delivery"),
        *columns(STRING, "wording"),
        *columns(BOOLEAN, "full"),
        *columns(INTEGER, "version"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_correspondence"),
        refer("correspondence", "clinic"),
        refer("correspondence", "patient", "id"),
    )


def downgrade() -> None:
    """Go back to patients' links alone; what there is of other links is dropped."""
    for table in ("correspondence", "reply", "page_link"):
        op.drop_table(table)
    held = sa.table("feed_link", *columns(UUID, "clinic_id", "id", "patient_id"),
                    *columns(STRING, "label", "token_hash", "wording", "fetched_by"), *columns(BOOLEAN, "shows_advice"),
                    *columns(INSTANT, "created_at", "updated_at", "expires_at", "revoked_at", "fetched_at"),
                    *columns(STRING, "audience"))  # fmt: skip
    theirs = sa.select(*(column for column in held.c if column.name != "audience")).where(held.c.audience == "patient")
    before = [dict(row) for row in op.get_bind().execute(theirs).mappings()]
    op.drop_table("feed_link")
    made = op.create_table(
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
    if before:
        op.bulk_insert(made, before)
    op.drop_index("ix_appointment_clinic_id_updated_at", "appointment")
    for table in ("patient", "resource"):
        op.drop_column(table, "renamed_at")
    for column in ("freed", "seated"):
        op.drop_column("appointment", column)
    op.drop_column("clinic", "reminds")
    op.drop_column("clinic", "self_service")
    op.drop_column("letterhead", "address")
