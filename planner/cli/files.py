"""Reading the file that a command was given."""

from pathlib import Path

from planner.domain.errors import InvalidValue

MOST_BYTES = 10_000_000


def text_of(file: Path) -> str:
    """Read a text file; raises InvalidValue, by its name, for one that is too large or no text."""
    if file.stat().st_size > MOST_BYTES:
        raise InvalidValue(str(file), f"is larger than {MOST_BYTES // 1_000_000} MB")
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidValue(str(file), f"cannot be read: {error}") from None
