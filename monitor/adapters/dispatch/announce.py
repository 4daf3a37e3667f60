"""Gives tickets inside the transaction that made them necessary: with it they come, with it they are rolled back."""

from collections.abc import Sequence

import sqlalchemy as sa
from procrastinate import App, SyncPsycopgConnector, exceptions
from procrastinate.jobs import Job
from sqlalchemy import Connection

from monitor.adapters.dispatch.schema import SCHEMA, use
from monitor.domain.errors import Transient
from monitor.domain.tickets import Ticket

TRIES = 5  # another process may give the same ticket at the same moment

_WAITING = sa.text(
    f"SELECT queueing_lock FROM {SCHEMA}.procrastinate_jobs "  # noqa: S608 - our own constant
    "WHERE status = 'todo' AND queueing_lock = ANY(:locks)"
)
_manager = App(
    connector=SyncPsycopgConnector()
).job_manager  # never opened: it writes through our connections


def announce(connection: Connection, /, *tickets: Ticket) -> None:
    """Give each ticket unless one like it waits already; implements Announce."""
    wanted = {ticket.lock: ticket for ticket in tickets}
    for _ in range(TRIES):
        waiting = set(connection.execute(_WAITING, {"locks": list(wanted)}).scalars())
        missing = [wanted[lock] for lock in sorted(wanted) if lock not in waiting]
        if not missing or _give(connection, missing):
            return


def job_of(ticket: Ticket) -> Job:
    """Return a ticket in the engine's words."""
    return Job(
        queue=ticket.role,
        task_name=ticket.role,
        lock=ticket.lock,
        queueing_lock=ticket.lock,
        priority=ticket.priority,
        task_kwargs={"key": ticket.key},
    )


def _give(connection: Connection, tickets: Sequence[Ticket]) -> bool:
    """Give tickets, all or none; False where one of them was given by another meanwhile."""
    try:
        with connection.begin_nested():
            use(connection)
            driver = connection.connection.driver_connection
            _manager.batch_defer_jobs([job_of(ticket) for ticket in tickets], connection=driver)
    except (exceptions.UniqueViolation, exceptions.AlreadyEnqueued):
        return False
    except exceptions.ConnectorException as error:
        raise Transient("tickets", detail=str(error.__cause__ or error)) from error
    return True
