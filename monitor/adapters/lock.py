"""One installation owns one embedded database: a lock on a file, which the kernel lets go when we die."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.domain.errors import ConfigurationError, Problem


class FileLock:
    """Holds a file while the block runs; raises ConfigurationError naming the process that has it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def __enter__(self) -> Self:
        self._descriptor = self._open()
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._descriptor, 32).decode(errors="replace").strip()
            os.close(self._descriptor)
            message = f"another monitor (process {holder or 'unknown'}) works on this embedded database"
            cure = "stop it, choose another DATA_DIR and database, or use PostgreSQL for several processes"
            raise ConfigurationError([Problem(str(self._path), message, cure)]) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)

    def _open(self) -> int:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            cure = "set DATA_DIR to a folder that this user can write to"
            raise ConfigurationError(
                [Problem(str(self._path), error.strerror or str(error), cure)]
            ) from error

    @staticmethod
    def holder(path: Path) -> int | None:
        """Return the process that holds the lock, or None."""
        if not path.exists():
            return None
        try:
            with FileLock(path):
                return None
        except ConfigurationError:
            text = path.read_text().strip()
            return int(text) if text.isdigit() else 0
