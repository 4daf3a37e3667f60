"""When a file that people edit has changed, and is whole again."""

from pathlib import Path

Seen = tuple[int, int, int, int]
NOWHERE: Seen = (0, 0, 0, 0)


class Changes:
    """Watches one file by looks at it; a change counts once the file stood still for a look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._taken = self._last = self._look()

    def settled(self) -> bool:
        """Look; tell whether the file is another than the one last taken, and was there at the look before."""
        before, self._last = self._last, self._look()
        if self._last != before or self._last == self._taken:
            return False
        self._taken = self._last
        return True

    def take(self) -> None:
        """Take the file as it is, as when somebody asks for it to be read."""
        self._taken = self._last = self._look()

    def _look(self) -> Seen:
        # the time alone does not tell: a link swapped by Kubernetes, or `cp -p`, may lead to another file of that time
        try:
            found = self._path.stat()
        except OSError:
            return NOWHERE
        return found.st_mtime_ns, found.st_dev, found.st_ino, found.st_size
