"""What the database itself refuses: an overlap, and a change to what is append-only.

PostgreSQL has an exclusion constraint. SQLite has triggers that say the same: they look back no further than a row can
last, so the key (subject, seat, starts) finds the few rows that could overlap.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

APPEND_ONLY = ("protocol", "course_order", "audit")
LONGEST = 1560

OVERLAP = f"""
    SELECT 1 FROM occupancy AS other
    WHERE other.subject_id = NEW.subject_id AND other.seat = NEW.seat
      AND other.starts > NEW.starts - {LONGEST} AND other.starts < NEW.ends AND other.ends > NEW.starts
"""  # noqa: S608 - nothing in it comes from outside
ANOTHER = "AND (other.subject_id, other.seat, other.starts) <> (OLD.subject_id, OLD.seat, OLD.starts)"
REFUSE_OVERLAP = "BEGIN SELECT RAISE(ABORT, 'occupancy_no_overlap'); END"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _guard_sqlite() -> None:
    op.execute(
        f"CREATE TRIGGER occupancy_no_overlap_insert BEFORE INSERT ON occupancy WHEN EXISTS ({OVERLAP}) {REFUSE_OVERLAP}"
    )
    op.execute(
        "CREATE TRIGGER occupancy_no_overlap_update BEFORE UPDATE OF subject_id, seat, starts, ends ON occupancy "
        f"WHEN EXISTS ({OVERLAP} {ANOTHER}) {REFUSE_OVERLAP}"
    )
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_append_only_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table}_append_only'); END"
            )


def _guard_postgresql() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute(
        "ALTER TABLE occupancy ADD CONSTRAINT occupancy_no_overlap "
        "EXCLUDE USING gist (subject_id WITH =, seat WITH =, int4range(starts, ends) WITH &&)"
    )
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '%_append_only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        triggers = [f"{table}_append_only_{verb}" for table in APPEND_ONLY for verb in ("update", "delete")]
        for trigger in ("occupancy_no_overlap_insert", "occupancy_no_overlap_update", *triggers):
            op.execute(f"DROP TRIGGER {trigger}")
        return
    op.execute("ALTER TABLE occupancy DROP CONSTRAINT occupancy_no_overlap")
    for table in APPEND_ONLY:
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
    op.execute("DROP FUNCTION refuse_change()")
