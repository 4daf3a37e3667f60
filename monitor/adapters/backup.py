"""Backs up a database while others write to it: one whole file, checked before it gets its name."""

import contextlib
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from monitor.domain.errors import Permanent

STAMP = "monitor-%Y%m%dT%H%M%SZ"
SERVER_FOLDERS = Path("/usr/lib/postgresql")
UNFINISHED = timedelta(days=1)  # a back-up takes less
LEFT_OUT = "tickets*"  # tickets only say "look again"; a restored database makes its own


@dataclass(frozen=True)
class Backup:
    """One back-up: where it lies, its size in bytes, how many seconds it took, and which older ones were removed."""

    path: Path
    size: int
    seconds: float
    removed: tuple[Path, ...] = ()


def back_up(url: str, folder: Path, *, now: datetime, keep: int = 0) -> Backup:
    """Write a back-up into a folder and keep the newest `keep` (0: all); raise Permanent where it cannot be had.

    SQLite: a compact copy by VACUUM INTO, which waits for nobody. PostgreSQL: `pg_dump --format=custom`.
    """
    began, parsed = time.monotonic(), make_url(url)
    is_sqlite = parsed.get_backend_name() == "sqlite"
    path = folder / (now.strftime(STAMP) + (".db" if is_sqlite else ".dump"))
    unfinished = path.with_suffix(path.suffix + ".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_unfinished(folder, now)
        _copy_file(parsed, unfinished) if is_sqlite else _dump(parsed, unfinished)
        _sync(unfinished)
        unfinished.rename(path)
    except OSError as error:
        raise Permanent("backup", detail=f"{path}: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
    removed = _remove_old(folder, path.suffix, keep)
    return Backup(path, path.stat().st_size, round(time.monotonic() - began, 2), removed)


def check_file(path: Path) -> str:
    """Return what SQLite finds wrong in a file, "ok" for nothing."""
    import pysqlite3

    connection = pysqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return str(connection.execute("PRAGMA quick_check").fetchone()[0])
    except pysqlite3.Error as error:
        return str(error)
    finally:
        connection.close()


def _copy_file(url: URL, path: Path) -> None:
    import pysqlite3

    source = Path(url.database or "").resolve()
    if not source.is_file():
        raise Permanent("backup", detail=f"there is no database at {source}")
    connection = pysqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30, isolation_level=None)
    try:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
            raise Permanent("backup", detail=f"{source} holds nothing of ours; see DATA_DIR and DATABASE_URL")
        connection.execute("VACUUM INTO ?", (str(path),))
    except pysqlite3.Error as error:
        raise Permanent("backup", detail=f"{path.parent}: {error}") from error
    finally:
        connection.close()
    if (found := check_file(path)) != "ok":
        raise Permanent("backup", detail=f"the copy is not sound: {found[:200]}")


def _dump(url: URL, path: Path) -> None:
    command = [
        _dump_program(),
        "--format=custom",
        "--no-owner",
        f"--exclude-schema={LEFT_OUT}",
        f"--file={path}",
    ]
    done = subprocess.run(  # noqa: S603 - our own words, the address goes through the environment
        command, env={**os.environ, **_environment(url)}, capture_output=True, check=False
    )
    if done.returncode:
        raise Permanent("backup", detail=done.stderr.decode(errors="replace").strip()[:500])


def _dump_program() -> str:
    """Return the newest pg_dump here; it must be as new as the server."""
    found = sorted(SERVER_FOLDERS.glob("*/bin/pg_dump"), key=lambda path: path.parts[-3].zfill(4))
    program = str(found[-1]) if found else shutil.which("pg_dump")
    if program is None:
        raise Permanent("backup", detail="there is no pg_dump here; install the PostgreSQL client programs")
    return program


def _environment(url: URL) -> dict[str, str]:
    """Return the address in libpq's own words: a password has no place among the arguments of a process."""
    query = {name: value for name, value in url.query.items() if isinstance(value, str)}
    words = {
        "PGHOST": url.host or query.get("host"),
        "PGPORT": str(url.port) if url.port else query.get("port"),
        "PGUSER": url.username,
        "PGPASSWORD": str(url.password) if url.password else None,
        "PGDATABASE": url.database,
        "PGSSLMODE": query.get("sslmode"),
        "PGSSLROOTCERT": query.get("sslrootcert"),
    }
    return {name: value for name, value in words.items() if value}


def _sync(path: Path) -> None:
    """Bring the file to the disk before it gets the name of a back-up."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _remove_unfinished(folder: Path, now: datetime) -> None:
    """Remove what back-ups left behind that were killed; a younger one may be under way."""
    for path in folder.glob("monitor-*.part"):
        if path.stat().st_mtime < (now - UNFINISHED).timestamp():
            path.unlink(missing_ok=True)


def _remove_old(folder: Path, suffix: str, keep: int) -> tuple[Path, ...]:
    backups = sorted(folder.glob(f"monitor-*{suffix}"))
    old = backups[:-keep] if keep else []
    for path in old:
        path.unlink(missing_ok=True)
    return tuple(old)
