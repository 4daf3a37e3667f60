"""What was learned of sites' pages, kept so that several processes may learn at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.rows import new_among
from monitor.domain.templates import Experience, TemplateState, after, from_plain, to_plain

RECENT = 2000  # articles of a source whose hosts are its sites

T = t.templates.c
LOCKED = sa.select(t.templates).where(T.site == sa.bindparam("of")).with_for_update()
CHANGED = t.templates.update().where(T.site == sa.bindparam("of")).returning(t.templates)


@dataclass(frozen=True)
class Template:
    """One site's template; where it is `forbidden` an operator wants its pages read thoroughly."""

    state: TemplateState
    forbidden: bool = False
    updated_at: datetime | None = None


class Templates:
    """Keeps templates; every change is made on the row as it is at that moment, under its lock."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, site: str) -> Template:
        """Return the template of a site, an empty one where nothing is known."""
        query = sa.select(t.templates).where(T.site == site)
        row = await self._database.read(lambda connection: connection.execute(query).first())
        return _template(row) if row else Template(TemplateState(site))

    async def learn(self, site: str, experiences: Sequence[Experience], *, now: datetime) -> Template:
        """Add what readings showed, whoever else does so too; return the template as it is then."""
        return await self._changed(site, lambda state: reduce(after, experiences, state), now)

    async def forget(self, site: str, *, now: datetime) -> Template:
        """Drop what was learned of a site; it is learned anew."""
        return await self._changed(site, lambda state: TemplateState(site, drops=state.drops + 1), now)

    async def forbid(self, site: str, forbidden: bool, *, now: datetime) -> Template:
        """Forbid, or allow again, that pages of a site are read by template."""
        return await self._changed(site, lambda state: state, now, {"forbidden": forbidden})

    async def of_hosts(self, hosts: Sequence[str]) -> list[Template]:
        """Return the templates of these hosts, the best known first."""
        bare = {host.removeprefix("www.") for host in hosts}
        query = sa.select(t.templates).where(T.host.in_(sorted(bare))).order_by(T.site)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return sorted(map(_template, rows), key=lambda one: -one.state.pages)

    async def of_source(self, name: str) -> list[Template]:
        """Return the templates of the hosts that the last articles of a source came from."""
        a = t.articles.c
        recent = sa.select(a.host).where(a.source == name).order_by(a.id.desc()).limit(RECENT).subquery()
        query = sa.select(recent.c.host).distinct()
        hosts = await self._database.read(lambda connection: list(connection.execute(query).scalars()))
        return await self.of_hosts(hosts)

    async def _changed(
        self,
        site: str,
        change: Callable[[TemplateState], TemplateState],
        now: datetime,
        columns: dict[str, Any] | None = None,
    ) -> Template:
        def work(connection: Connection) -> Template:
            empty = {"site": site, "host": site.partition("/")[0], "updated_at": now}
            new_among(connection, t.templates, [{**empty, "state": to_plain(TemplateState(site))}], "site")
            state = change(_template(connection.execute(LOCKED, {"of": site}).one()).state)
            changes = {"state": to_plain(state), "updated_at": now, **(columns or {})}
            return _template(connection.execute(CHANGED, {**changes, "of": site}).one())

        return await self._database.write(work)


def _template(row: Any) -> Template:
    try:
        state = from_plain(dict(row.state))
    except (KeyError, TypeError, ValueError):  # written by another release: it is learned anew
        state = TemplateState(row.site)
    return Template(state, row.forbidden, row.updated_at)
