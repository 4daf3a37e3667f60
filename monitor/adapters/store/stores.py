"""All stores on one database, for whoever needs several."""

from collections.abc import Callable
from dataclasses import dataclass

from monitor.adapters.engine import Database
from monitor.adapters.schemes import load_labelling
from monitor.adapters.store.articles import Articles
from monitor.adapters.store.bringing import Bringing
from monitor.adapters.store.capture_figures import CaptureFigures
from monitor.adapters.store.captures import Captures
from monitor.adapters.store.corrections import Corrections
from monitor.adapters.store.export_rows import ExportRows
from monitor.adapters.store.imports import Imports
from monitor.adapters.store.incident_labels import IncidentLabels
from monitor.adapters.store.incident_search import IncidentSearch
from monitor.adapters.store.incidents import Incidents
from monitor.adapters.store.judgements import Judgements
from monitor.adapters.store.listings import Listings
from monitor.adapters.store.overview import Overviews
from monitor.adapters.store.polls import Polls
from monitor.adapters.store.queue import Queue
from monitor.adapters.store.queue_list import QueueList
from monitor.adapters.store.search import Search
from monitor.adapters.store.suggestions import Suggestions
from monitor.adapters.store.templates import Templates
from monitor.adapters.store.tokens import Tokens
from monitor.adapters.store.verdicts import Verdicts
from monitor.adapters.store.versions import Versions
from monitor.adapters.store.watches import Watches
from monitor.adapters.store.webhooks import Webhooks
from monitor.domain.labelling import Labelling


@dataclass(frozen=True)
class Stores:
    """One store per stage or door."""

    database: Database
    polls: Polls
    articles: Articles
    imports: Imports
    verdicts: Verdicts
    incidents: Incidents
    overviews: Overviews
    listings: Listings
    queue: Queue
    queue_list: QueueList
    judgements: Judgements
    incident_labels: IncidentLabels
    corrections: Corrections
    search: Search
    webhooks: Webhooks
    suggestions: Suggestions
    bringing: Bringing
    export_rows: ExportRows
    tokens: Tokens
    incident_search: IncidentSearch
    labelling: Labelling
    templates: Templates
    versions: Versions
    captures: Captures
    capture_figures: CaptureFigures
    watches: Watches

    @classmethod
    def on(
        cls,
        database: Database,
        *,
        topics_of: Callable[[str], tuple[str, ...]],
        archive: bool,
        labelling: Labelling | None = None,
    ) -> "Stores":
        """Build every store on a database; without `labelling` the shipped schemes are in force."""
        labelling = labelling or load_labelling()
        judgements = Judgements(database, labelling)
        incident_labels = IncidentLabels(database, labelling, judgements)
        return cls(
            database=database,
            polls=Polls(database),
            articles=Articles(database),
            imports=Imports(database),
            verdicts=Verdicts(database, topics_of=topics_of, archive=archive),
            incidents=Incidents(database),
            overviews=Overviews(database),
            listings=Listings(database),
            queue=Queue(database, labelling),
            queue_list=QueueList(database),
            judgements=judgements,
            incident_labels=incident_labels,
            corrections=Corrections(database, archive=archive),
            search=Search(database),
            webhooks=Webhooks(database),
            suggestions=Suggestions(database, labelling),
            bringing=Bringing(database, labelling),
            export_rows=ExportRows(database, labelling, incident_labels),
            tokens=Tokens(database),
            incident_search=IncidentSearch(database),
            labelling=labelling,
            templates=Templates(database),
            versions=Versions(database),
            captures=Captures(database),
            capture_figures=CaptureFigures(database),
            watches=Watches(database),
        )
