"""SQLite files, copied while others write, and put in place of one another. A copy is checked before it gets its name.

A plain copy of a file that is written meanwhile is torn; SQLite's own backup reads one snapshot, whatever is written.
"""

import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from planner.domain.errors import PlannerError

PAGES = 100
"""How many pages are copied between two words about how far it has come."""
_SIDES = ("-wal", "-shm", "-journal")

Told = Callable[[int, int], None]
"""Is told how many pages are copied, and of how many."""


class BackupRefused(PlannerError):
    """A backup cannot be made or put in place; the message says why, and nothing was changed."""


def copy_checked(source: Path, target: Path, *, replace: bool = False, told: Told | None = None) -> None:
    """Copy a planner database, as it is at this instant, into a file of its own that has passed SQLite's checks.

    Raises BackupRefused for a source that is none, a damaged one, and a target that exists (unless *replace*) or cannot be
    written; then the target is as it was, and nothing half-written is left.
    """
    _check_target(source, target, replace=replace)
    with staged(source, target.parent, told) as copy:
        _check_target(source, target, replace=replace)
        with _written(target):
            copy.replace(target)
            _sync(target.parent)


@contextmanager
def staged(source: Path, folder: Path, told: Told | None = None) -> Iterator[Path]:
    """Copy a planner database into a hidden file of a folder, checked and on disk; what is left of it at the end goes."""
    if not source.is_file():
        raise BackupRefused(f"{source} is no file")
    with _written(folder):
        number, name = tempfile.mkstemp(prefix=".planner-", suffix=".part", dir=folder)
    os.close(number)
    part = Path(name)
    try:
        _copy(source, part, told)
        _check(source, part)
        settle(part)
        yield part
    finally:
        for left in (part, *_beside(part)):
            left.unlink(missing_ok=True)


def settle(file: Path) -> None:
    """Bring a database that nobody else has open into one file, and that file onto the disk; raises BackupRefused."""
    with _written(file):
        with closing(_open(file)) as database:
            database.execute("PRAGMA journal_mode = DELETE")
        _sync(file)


def put_in_place(stage: Path, database: Path, now: datetime) -> Path | None:
    """Put a database in the place of another, which is kept beside it under a name that says when; gives that name.

    At every instant one of the two is there whole. Raises BackupRefused while any process has the old one open.
    """
    settle(stage)
    if not database.exists():
        with _written(database):
            stage.replace(database)
            _sync(database.parent)
        return None
    kept = database.with_name(f"{database.stem}.replaced-{now:%Y-%m-%dT%H%M%SZ}{database.suffix}")
    if kept.exists():
        raise BackupRefused(f"{kept} is there already")
    with _alone(database), _written(database):
        _own_like(stage, database)
        _keep(database, kept)
        for side in _beside(database):  # left by one that is damaged: the new database must not find them
            side.rename(f"{kept}{side.name.removeprefix(database.name)}")
        stage.replace(database)
        _sync(database.parent)
    return kept


def _own_like(stage: Path, database: Path) -> None:
    """Give a file the rights and the owner of another: whoever restores may be another user than who serves."""
    known = database.stat()
    stage.chmod(stat.S_IMODE(known.st_mode))
    with suppress(PermissionError):
        os.chown(stage, known.st_uid, known.st_gid)


def _keep(database: Path, kept: Path) -> None:
    try:
        os.link(database, kept)
    except OSError:  # a file system without such links
        shutil.copy2(database, kept)
        _sync(kept)


def _check_target(source: Path, target: Path, *, replace: bool) -> None:
    if target.is_dir():
        raise BackupRefused(f"{target} is a folder; name a file")
    if not target.exists():
        return
    if source.exists() and target.samefile(source):
        raise BackupRefused(f"{target} is the database itself")
    if not target.is_file():
        raise BackupRefused(f"{target} is no file")
    if not replace:
        raise BackupRefused(f"{target} is there already; name another file, or add --force")


def _copy(source: Path, target: Path, told: Told | None) -> None:
    """Copy by one snapshot: while the reading transaction is open, SQLite does not begin again when somebody writes."""

    def progress(_: int, left: int, total: int) -> None:
        if told:
            told(total - left, total)

    try:
        with closing(_open(source)) as old, closing(_open(target)) as new:
            old.execute("BEGIN")
            if not old.execute("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'").fetchone()[0]:
                raise BackupRefused(f"{source} is not a planner database")
            old.backup(new, pages=PAGES, progress=progress)
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_NOTADB:
            raise BackupRefused(f"{source} is not a planner database") from None
        if code == sqlite3.SQLITE_CORRUPT:
            raise BackupRefused(f"{source} is damaged: {error}") from None
        raise BackupRefused(f"{source} cannot be copied to {target.parent}: {error}") from None


def _check(source: Path, copy: Path) -> None:
    try:
        with closing(_open(copy)) as database:
            (found,) = database.execute("PRAGMA integrity_check(1)").fetchone()
            strangers = database.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.Error as error:
        found, strangers = str(error), None
    if found != "ok":
        raise BackupRefused(f"{source} is damaged: {' '.join(str(found).split())}")
    if strangers:
        raise BackupRefused(f"{source} is damaged: a row of {strangers[0]} refers to a {strangers[2]} that is not there")


@contextmanager
def _alone(database: Path) -> Iterator[None]:
    """Keep a database for ourselves; raises BackupRefused while another process has it open. A damaged one is nobody's."""
    with closing(_open(database)) as ours:
        try:
            ours.execute("PRAGMA journal_mode = DELETE")  # refused while anybody else has a connection to a WAL database
            ours.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise BackupRefused(f"{database} is in use; end planner serve and planner worker first") from None
            ours.close()  # before its files are moved: SQLite would tidy up by their names, when others have them
        yield


def _open(file: Path) -> sqlite3.Connection:
    try:
        return sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=2.0)
    except sqlite3.Error as error:
        raise BackupRefused(f"{file} cannot be opened: {error}") from None


@contextmanager
def _written(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise BackupRefused(f"{path} cannot be written: {reason}") from None


def _beside(file: Path) -> list[Path]:
    return [side for end in _SIDES if (side := file.with_name(file.name + end)).exists()]


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    except OSError:
        if path.is_file():  # some file systems cannot do it to a folder
            raise
    finally:
        os.close(number)
