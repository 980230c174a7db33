"""Ways home, places in invitations, texts that want messages again, an index of what is owed, and how workers ended."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_OPEN = sa.text("sent_at IS NULL AND given_up_at IS NULL AND withdrawn_at IS NULL")


def upgrade() -> None:
    op.add_column("clinic", sa.Column("rides", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("correspondence", sa.Column("shows_place", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("heartbeat", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "text_start",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("clinic_id", "id", name="pk_text_start"),
        sa.UniqueConstraint("clinic_id", "mark", name="uq_text_start_clinic_id_mark"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_text_start_clinic_id"),
    )
    _append_only("text_start")
    columns = ["clinic_id", "patient_id", "next_attempt_at"]  # what is owed later does not slow down what is due
    op.create_index("ix_notice_open_to", "notice", columns, sqlite_where=_OPEN, postgresql_where=_OPEN)


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
    op.drop_index("ix_notice_open_to", "notice")
    op.drop_table("text_start")
    op.drop_column("heartbeat", "ended_at")
    op.drop_column("correspondence", "shows_place")
    op.drop_column("clinic", "rides")
