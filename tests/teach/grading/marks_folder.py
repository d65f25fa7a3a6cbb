"""What stands in a marks folder's database, read as any other program would."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any


def rows(out: Path, table: str) -> list[dict[str, Any]]:
    """The rows of a table in a fixed order; none where there is no database yet."""
    path = out / "found.sqlite"
    if not path.exists():
        return []
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return sorted((dict(row) for row in connection.execute(f"SELECT * FROM {table}")), key=repr)


def count(out: Path, table: str) -> int:
    """How many rows a table has."""
    path = out / "found.sqlite"
    if not path.exists():
        return 0
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def whole(out: Path) -> dict[str, list[dict[str, Any]]]:
    """All of it."""
    names = ("run", "person", "roster", "student", "file", "attempt", "mark", "shown")
    return {name: rows(out, name) for name in names}
