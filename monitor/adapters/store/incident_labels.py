"""Labels of incidents: what follows from the articles by each question's rule, and what was set by hand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.corrections import standing
from monitor.adapters.store.judgements import Judgements
from monitor.adapters.store.merging import number_now, numbers_of
from monitor.adapters.store.surroundings import labels_of
from monitor.domain.consensus import Held, derived
from monitor.domain.labelling import Labelling
from monitor.domain.labels import Judgement, Rule, checked

N = t.incident_labels.c


@dataclass(frozen=True)
class IncidentValue:
    """What an incident is said to be. `by` names who set it by hand, or the rule that it follows from."""

    scheme: str
    question: str
    value: Any
    by: str
    by_hand: bool
    at: datetime | None = None
    rationale: str = ""


class IncidentLabels:
    """Reads and sets the labels of incidents; one set by hand overrules what follows from the articles.

    What was set on an incident that went into another since stays its own, so that an undone merge gives it back;
    meanwhile it speaks for the other one, unless that was given a value itself.
    """

    def __init__(self, database: Database, labelling: Labelling, judgements: Judgements) -> None:
        self._database, self._labelling, self._judgements = database, labelling, judgements

    async def of(self, incident_id: int) -> list[IncidentValue]:
        """Return every value that is known of an incident, in the order of the schemes."""
        number = await self._database.read(lambda c: number_now(c, incident_id))
        by_hand = await self._by_hand(number)
        given = await self._judgements.of_incident(number)
        return [
            *by_hand.values(),
            *(one for one in self._derived(given) if (one.scheme, one.question) not in by_hand),
        ]

    async def give(self, incident_id: int, judgement: Judgement, labeller: str, *, now: datetime) -> None:
        """Set a value by hand; a value of None withdraws what was set, so that the articles count again."""
        if judgement.value is not None:
            checked([judgement], self._labelling.schemes, whole=False)
        row = {
            "incident_id": incident_id,
            "scheme": judgement.scheme,
            "question": judgement.question,
            "value": judgement.value,
            "labeller": labeller,
            "at": now,
            "rationale": judgement.rationale,
        }
        numbers = [incident_id] if judgement.value is not None else numbers_of(incident_id)
        same = (
            N.incident_id.in_(numbers) & (N.scheme == judgement.scheme) & (N.question == judgement.question)
        )

        def work(connection: Connection) -> None:
            standing(connection, [incident_id])
            connection.execute(t.incident_labels.update().where(same).values(withdrawn=True))
            if judgement.value is not None:
                connection.execute(t.incident_labels.insert().values(row))

        await self._database.write(work)

    async def _by_hand(self, incident_id: int) -> dict[tuple[str, str], IncidentValue]:
        rows = await self._database.read(lambda c: labels_of(c, incident_id))
        return {
            (row.scheme, row.question): IncidentValue(
                row.scheme, row.question, row.value, row.labeller, True, row.at, row.rationale
            )
            for row in rows
        }

    def _derived(self, given: list[Held]) -> list[IncidentValue]:
        values = []
        for scheme in self._labelling.schemes.values():
            for question in scheme.questions:
                labels = [one for one in given if (one.scheme, one.question) == (scheme.id, question.id)]
                value = derived(question, labels) if question.rule is not Rule.NONE else None
                if value is not None:
                    shown = sorted(value) if isinstance(value, frozenset) else value
                    values.append(IncidentValue(scheme.id, question.id, shown, question.rule.value, False))
        return values
