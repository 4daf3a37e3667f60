"""What was reported: the incidents and the means of the languages, in memory, and on the shelf over restarts."""

from collections.abc import Mapping
from dataclasses import asdict

from monitor.adapters.index_incidents import Incidents
from monitor.adapters.index_meaning import Meaning
from monitor.adapters.index_reports import Report
from monitor.adapters.index_rows import Array, columns
from monitor.adapters.shelf import Kept, Shelf
from monitor.domain.position import START, Position

SCHEMA = 8  # of the snapshot: another number whenever an array gets another meaning, features included
EVERY = 20_000  # reports from one snapshot to the next; as many are read again after a kill


class Reported:
    """The incidents as they are remembered, and up to where the history of decisions is in them."""

    def __init__(self, shelf: Shelf | None = None) -> None:
        """Without a shelf everything stays in memory and ends with the process."""
        self._shelf = shelf
        self.forget()

    def forget(self) -> None:
        """Forget what is not on the shelf: it may differ from what is written."""
        self._incidents, self.meaning = Incidents(), Meaning()
        self._newest: list[Report] = []
        self.position = START
        self._kept = 0  # reports that are on the shelf

    @property
    def incidents(self) -> Incidents:
        """The incidents; reports wait until somebody asks for these, and are learned together."""
        if self._newest:
            newest, self._newest = self._newest, []
            self._incidents.learn(newest)
        return self._incidents

    def learn(self, report: Report) -> None:
        """Remember a report."""
        self._newest.append(report)

    def distrust(self) -> None:
        """Forget everything, the snapshot too: it is of another history."""
        self.forget()
        if self._shelf:
            self._shelf.drop()

    def wake(self) -> Position:
        """Return up to where everything is remembered, here or on the shelf."""
        if self.position == START and self._shelf and (kept := self._shelf.take()):
            self._restore(kept)
        return self.position

    def reached(self, position: Position) -> None:
        """Note that everything up to here is written and remembered; put a snapshot on the shelf now and then."""
        self.position = position
        if len(self.incidents.reports) - self._kept >= EVERY:
            self.keep()

    def touched(self) -> None:
        """Note that a report is not what it is on the shelf."""
        self._kept = min(self._kept, len(self.incidents.reports) - 1)

    def keep(self) -> None:
        """Put a snapshot on the shelf; whatever was learned must be written."""
        if self._shelf is None or self.position == START or self._kept == len(self.incidents.reports):
            return
        means, languages = self.meaning.parts()
        notes = asdict(self.position) | {"incidents": self.incidents.rarity.incidents, "languages": languages}
        self._shelf.put(_parts(self.incidents) | {"means": means}, notes)
        self._kept = len(self.incidents.reports)

    def _restore(self, kept: Kept) -> None:
        notes = dict(kept.notes)
        _restored(self.incidents, kept.arrays, int(notes.pop("incidents") or 0))
        self.meaning.restore(kept.arrays["means"], str(notes.pop("languages")))
        self.position = Position(**notes)  # type: ignore[arg-type]
        self._kept = len(self.incidents.reports)


def _parts(incidents: Incidents) -> dict[str, Array]:
    """Return everything that is known of incidents as arrays."""
    whole = {path: column.rows for path, column in columns(incidents)}
    for name, part in (("numbers", incidents.rarity.numbers), ("runs", incidents.postings)):
        whole |= {f"{name}-{rest}": array for rest, array in part.parts().items()}
    return whole


def _restored(incidents: Incidents, arrays: Mapping[str, Array], count: int) -> None:
    """Let incidents begin with what was kept."""
    for path, column in columns(incidents):
        column.restore(arrays[path])
    for name, part in (("numbers", incidents.rarity.numbers), ("runs", incidents.postings)):
        own = {
            path.removeprefix(f"{name}-"): array
            for path, array in arrays.items()
            if path.startswith(f"{name}-")
        }
        part.restore(own)
    incidents.rarity.incidents = count
    incidents.slot_of = {one: slot for slot, one in enumerate(incidents.ids.rows.tolist())}
