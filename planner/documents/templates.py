"""Where the templates lie: inside the installed package, or at the root of a checkout."""

from importlib.resources import files
from pathlib import Path


def templates_directory() -> Path:
    """Find the folder of the templates of pages and letters."""
    package = Path(str(files("planner")))
    installed = package / "_templates"
    return installed if installed.is_dir() else package.parent / "templates"
