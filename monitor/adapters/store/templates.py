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
from monitor.adapters.store.gathered import Gathered
from monitor.adapters.store.rows import insert_missing
from monitor.domain.templates import Experience, TemplateState, after, from_plain, to_plain

RECENT = 2000  # articles of a source whose hosts are its sites

T = t.templates.c
TOGETHER = 100  # changes in one transaction
KNOWN = sa.select(t.templates).where(T.site.in_(sa.bindparam("sites", expanding=True)))
LOCKED = KNOWN.order_by(T.site).with_for_update()
CHANGED = t.templates.update().where(T.site == sa.bindparam("of"))


@dataclass(frozen=True)
class Template:
    """One site's template; where it is `forbidden` an operator wants its pages read thoroughly."""

    state: TemplateState
    forbidden: bool = False
    updated_at: datetime | None = None


@dataclass(frozen=True)
class _Change:
    """What becomes of one template; None leaves it as free or forbidden as it is."""

    site: str
    now: datetime
    state: Callable[[TemplateState], TemplateState]
    forbidden: bool | None = None

    def of(self, template: Template) -> Template:
        forbidden = template.forbidden if self.forbidden is None else self.forbidden
        return Template(self.state(template.state), forbidden, self.now)


class Templates:
    """Keeps templates; every change is made on the row as it is at that moment, under its lock.

    Calls that come together share a statement and a transaction.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._load = Gathered(self._load_all, most=TOGETHER, apart=database.patience)
        self._change = Gathered(self._change_all, most=TOGETHER, apart=database.patience)

    async def load(self, site: str) -> Template:
        """Return the template of a site, an empty one where nothing is known."""
        return await self._load(site)

    async def _load_all(self, sites: Sequence[str]) -> list[Template]:
        known = await self._database.read(lambda connection: _templates(connection, KNOWN, sites))
        return [known.get(site) or Template(TemplateState(site)) for site in sites]

    async def learn(self, site: str, experiences: Sequence[Experience], *, now: datetime) -> Template:
        """Add what readings showed, whoever else does so too; return the template as it is then."""
        return await self._change(_Change(site, now, lambda state: reduce(after, experiences, state)))

    async def forget(self, site: str, *, now: datetime) -> Template:
        """Drop what was learned of a site; it is learned anew."""
        return await self._change(
            _Change(site, now, lambda state: TemplateState(site, drops=state.drops + 1))
        )

    async def forbid(self, site: str, forbidden: bool, *, now: datetime) -> Template:
        """Forbid, or allow again, that pages of a site are read by template."""
        return await self._change(_Change(site, now, lambda state: state, forbidden))

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

    async def _change_all(self, changes: Sequence[_Change]) -> list[Template]:
        sites = sorted({one.site for one in changes})

        def work(connection: Connection) -> list[Template]:
            kept = _templates(connection, LOCKED, sites)
            if missing := [_empty(one) for one in changes if one.site not in kept]:
                insert_missing(connection, t.templates, missing, "site")
                kept = _templates(connection, LOCKED, sites)
            for one in changes:
                kept[one.site] = one.of(kept[one.site])
            connection.execute(CHANGED, [_row(site, template) for site, template in kept.items()])
            return [kept[one.site] for one in changes]

        return await self._database.write(work)


def _templates(connection: Connection, query: Any, sites: Sequence[str]) -> dict[str, Template]:
    return {row.site: _template(row) for row in connection.execute(query, {"sites": list(sites)})}


def _empty(one: _Change) -> dict[str, Any]:
    state = to_plain(TemplateState(one.site))
    return {"site": one.site, "host": one.site.partition("/")[0], "updated_at": one.now, "state": state}


def _row(site: str, template: Template) -> dict[str, Any]:
    changes = {"state": to_plain(template.state), "forbidden": template.forbidden}
    return changes | {"updated_at": template.updated_at, "of": site}


def _template(row: Any) -> Template:
    try:
        state = from_plain(dict(row.state))
    except (KeyError, TypeError, ValueError):  # written by another release: it is learned anew
        state = TemplateState(row.site)
    return Template(state, row.forbidden, row.updated_at)
