"""Damages SQLite files as a failing disk does: whole pages, or some letters of a text."""

import contextlib
import sqlite3
from pathlib import Path

GARBAGE = b"\xff"


def spoil_tables(path: Path, *tables: str) -> None:
    """Write garbage over the first page of each table and of its indexes; the rest of the file stays sound."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        roots = connection.execute("SELECT tbl_name, rootpage FROM sqlite_master WHERE rootpage").fetchall()
    body = bytearray(path.read_bytes())
    for table, page in roots:
        if table in tables:
            body[(page - 1) * size : page * size] = GARBAGE * size
    path.write_bytes(body)


def spoil_text(path: Path, text: str) -> None:
    """Write garbage over the first letters of a text, wherever it stands."""
    known = text.encode()
    body = path.read_bytes()
    assert known in body
    path.write_bytes(body.replace(known, GARBAGE * 4 + known[4:]))
