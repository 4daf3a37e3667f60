"""What `check` looks at."""

from dataclasses import dataclass, field
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import Engine

from monitor.adapters import migrate
from monitor.adapters.clock import SystemClock
from monitor.adapters.embed import unavailable
from monitor.adapters.engine import Database, sqlite_version
from monitor.adapters.schemes import load_labelling
from monitor.adapters.traces import check_traces
from monitor.config import Settings, load_settings, load_sources
from monitor.daemon import check_database, targets_of
from monitor.domain.clocks import ahead, is_off
from monitor.domain.errors import ConfigurationError, MonitorError, Problem
from monitor.domain.freshness import span


@dataclass
class Found:
    """What has to be mended, and what is good to know."""

    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


async def problems_and_notes() -> Found:
    """Look at everything, whatever is wrong with one part."""
    found = Found()
    try:
        settings = load_settings()
    except ConfigurationError as error:
        found.problems += error.problems
        settings = Settings.model_validate({})
    else:
        found.notes.append("settings: fine")
    _check_sources(settings, found)
    _check_labelling(settings, found)
    _check_database(settings, found)
    _check_parts(settings, found)
    _check_alerts(settings, found)
    _check_traces(settings, found)
    return found


def _check_sources(settings: Settings, found: Found) -> None:
    try:
        configuration = load_sources(settings.SOURCES)
    except ConfigurationError as error:
        found.problems += error.problems
        return
    enabled, listed = len(configuration.enabled), len(configuration.sources)
    found.notes.append(
        f"{settings.SOURCES}: {enabled} of {listed} sources enabled, {len(configuration.topics)} topics"
    )


def _check_labelling(settings: Settings, found: Found) -> None:
    try:
        labelling = load_labelling(settings.SOURCES.parent)
    except ConfigurationError as error:
        found.problems += error.problems
        return
    found.notes.append(f"label schemes: {', '.join(sorted(labelling.schemes))}")


def _check_database(settings: Settings, found: Found) -> None:
    try:
        check_database(settings)
        database = Database(settings.database_url, pool_size=1)
        try:
            schema = migrate.look(database.engine)
            if not database.is_sqlite:
                _tell_clock(database.engine, found)
        finally:
            database.close()
    except ConfigurationError as error:
        found.problems += error.problems
        return
    except MonitorError as error:
        found.problems.append(Problem("database", str(error), "see DATABASE_URL in docs/operate.md"))
        return
    _tell_schema(schema, found)
    if database.is_sqlite:
        found.notes.append(f"SQLite: {'.'.join(map(str, sqlite_version()))}")


def _tell_clock(engine: Engine, found: Found) -> None:
    now = SystemClock().now
    with engine.connect() as connection:
        before = now()
        theirs = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    difference = ahead(theirs, before, now())
    if is_off(difference):
        side = "ahead of" if difference > timedelta() else "behind"
        found.notes.append(f"clock: {span(abs(difference))} {side} the database's; mend it (NTP)")


def _tell_schema(schema: migrate.Schema, found: Found) -> None:
    is_called = schema.revision or "empty"
    if schema.is_newer and not schema.fits:
        found.problems.append(
            Problem("database", f"has schema {is_called}, made by a newer release", "run that release")
        )
    elif schema.is_newer:
        found.notes.append(
            f"database: schema {is_called}, made by a newer release; this one may go on with it"
        )
    elif not schema.fits:
        found.notes.append(
            f"database: schema {is_called}; `monitor db upgrade` (or run) brings it to {migrate.head()}"
        )
    else:
        found.notes.append(f"database: schema {is_called}, up to date")


def _check_alerts(settings: Settings, found: Found) -> None:
    try:
        names = [target.name for target in targets_of(settings, SystemClock())]
    except ConfigurationError as error:
        found.problems += error.problems
        return
    unsigned = settings.WEBHOOK and not settings.WEBHOOK_SECRET.get_secret_value()
    hint = "; the webhook is not signed: set WEBHOOK_SECRET" if unsigned else ""
    found.notes.append(f"alerts: {', '.join(['log', *names])}{hint}")


def _check_traces(settings: Settings, found: Found) -> None:
    try:
        check_traces(settings.TRACES)
    except ConfigurationError as error:
        found.problems += error.problems


def _check_parts(settings: Settings, found: Found) -> None:
    if settings.ARCHIVE in {"wayback", "both"}:
        keys = "archive keys: present" if settings.has_archive_keys else (
            "archive keys: none; captures wait until WAYBACK_ACCESS_KEY and WAYBACK_SECRET_KEY are set"
        )  # fmt: skip
        found.notes.append(keys)
    if settings.EMBEDDINGS == "bundled":
        reason = unavailable()
        found.notes.append(f"encoder: {reason}; words alone decide" if reason else "encoder: bundled, loads")
