"""queue list | claim | renew | label | skip | release | export: the labelling queue for tools without SQL or HTTP."""

import sys
from datetime import timedelta
from typing import Any

import click
import orjson
import sqlalchemy as sa

from monitor.adapters import tables as t
from monitor.adapters.store.queue_rows import Filter
from monitor.commands.common import (
    AT_MOST,
    NUMBER,
    asynchronous,
    json_anyway,
    json_option,
    out,
    plain,
    print_json,
    print_table,
    settings,
    short,
)
from monitor.config.durations import parse_duration
from monitor.daemon import System, open_stores
from monitor.domain.labels import Judgement

labeller_option = click.option("--labeller", required=True, help="Who labels; a stable name.")
token_option = click.option("--token", required=True, help="The token that the claim gave.")
article_argument = click.argument("article_id", type=NUMBER)


class _DurationType(click.ParamType[timedelta]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        try:
            return parse_duration(value)
        except ValueError as error:
            self.fail(f"{value!r} {error}", param, ctx)


lease_option = click.option(
    "--lease", type=_DurationType(), default="15m", show_default=True, help="How long it is yours."
)


@click.group()
def queue() -> None:
    """Take the next best article, judge it once for all its copies, give it back.

    Every claim has a lease and a token; an answer after the lease has ended is refused and loses nothing.
    """


@queue.command("list")
@click.option(
    "--state",
    default="pending",
    show_default=True,
    type=click.Choice(["pending", "claimed", "labelled", "skipped"]),
)
@click.option("--topic", default="", help="Only articles on this topic.")
@click.option("--language", default="", help="Only articles in this language.")
@click.option("--limit", type=AT_MOST, default=20, show_default=True)
@json_option
@asynchronous
async def list_queue(state: str, topic: str, language: str, limit: int, as_json: bool) -> None:
    """List articles of the queue, best first, and why in this order."""
    async with open_stores(settings()) as system:
        await system.stores.queue.rank()
        wanted = Filter(topic=topic, language=language)
        found = await system.stores.queue_list.waiting(label_state=state, wanted=wanted, limit=limit)
    if as_json:
        print_json(found)
        return
    rows = [
        (one.article_id, f"{one.priority:.2f}", short(one.title, 70), one.publisher, one.language, one.incident_id,
         ", ".join(f"{name} {share:.2f}" for name, share in one.reasons.items() if share))
        for one in found
    ]  # fmt: skip
    print_table(["article", "priority", "title", "publisher", "language", "incident", "why"], rows)


@queue.command()
@labeller_option
@click.option("--count", type=click.IntRange(1, 100), default=1, show_default=True, help="How many articles.")
@click.option("--topic", default="", help="Only articles on this topic.")
@lease_option
@json_anyway
@asynchronous
async def claim(labeller: str, count: int, topic: str, lease: timedelta) -> None:
    """Claim the next articles and print them as JSON, each with its token, text, copies and reasons."""
    async with open_stores(settings()) as system:
        claims = await system.stores.queue.claim(
            labeller, now=system.clock.now(), count=count, lease=lease, wanted=Filter(topic=topic)
        )
        rows = await _queued(system, [one.article_id for one in claims])
    print_json([{**plain(one), "article": rows.get(one.article_id)} for one in claims])


@queue.command()
@article_argument
@labeller_option
@token_option
@lease_option
@json_anyway
@asynchronous
async def renew(article_id: int, labeller: str, token: str, lease: timedelta) -> None:
    """Lengthen a lease that has not ended."""
    async with open_stores(settings()) as system:
        print_json(
            await system.stores.queue.renew(article_id, labeller, token, now=system.clock.now(), lease=lease)
        )


@queue.command()
@article_argument
@labeller_option
@token_option
@click.option("--answer", "answers", multiple=True, required=True, metavar="SCHEME.QUESTION=VALUE",
              help="One answer; VALUE is text or JSON. Repeat for more questions.")  # fmt: skip
@click.option("--rationale", default="", help="Why.")
@click.option("--quote", default="", help="The words of the article that show it.")
@click.option("--client-id", default="", help="Your own id of this answer: sending it again changes nothing.")
@json_anyway
@asynchronous
async def label(
    article_id: int,
    labeller: str,
    *,
    token: str,
    answers: tuple[str, ...],
    rationale: str,
    quote: str,
    client_id: str,
) -> None:
    """Label a claimed article; the judgement holds for its copies."""
    judgements = [_judgement(answer, rationale, quote) for answer in answers]
    async with open_stores(settings()) as system:
        written = await system.stores.queue.label(
            article_id, labeller, token, judgements, now=system.clock.now(), client_id=client_id
        )
    print_json(written)


def _judgement(answer: str, rationale: str, quote: str) -> Judgement:
    name, separator, value = answer.partition("=")
    scheme, dot, question = name.partition(".")
    if not (separator and dot and scheme and question):
        raise click.BadParameter(
            f"{answer!r}: write SCHEME.QUESTION=VALUE, for example relevant.relevant=yes"
        )
    try:
        parsed = orjson.loads(value)
    except orjson.JSONDecodeError:
        parsed = value
    return Judgement(scheme, question, parsed, rationale, quote)


@queue.command()
@article_argument
@labeller_option
@token_option
@click.option("--reason", default="", help="Why.")
@click.option("--reject", is_flag=True, help="Reject it for everyone (kept, never deleted); needs a reason.")
@asynchronous
async def skip(article_id: int, labeller: str, token: str, reason: str, reject: bool) -> None:
    """Leave a claimed article to others."""
    async with open_stores(settings()) as system:
        await system.stores.queue.skip(
            article_id, labeller, token, reason, now=system.clock.now(), final=reject
        )
    out.print(f"article {article_id} skipped", markup=False)


@queue.command()
@article_argument
@labeller_option
@token_option
@asynchronous
async def release(article_id: int, labeller: str, token: str) -> None:
    """Give a claimed article back as if it had not been claimed."""
    async with open_stores(settings()) as system:
        await system.stores.queue.release(article_id, labeller, token, now=system.clock.now())
    out.print(f"article {article_id} released", markup=False)


@queue.command()
@click.option("--after", default=0, show_default=True, help="The last `seq` you have: only later rows come.")
@click.option("--limit", type=click.IntRange(0), default=0, help="At most so many rows; 0: all.")
@asynchronous
async def export(after: int, limit: int) -> None:
    """Write the rows of `queued_articles` as JSON Lines, in the order of `seq`, for a reader that keeps a cursor."""
    async with open_stores(settings()) as system:
        seq, written = after, 0
        while rows := await _page(system, seq, min(limit - written, PAGE) if limit else PAGE):
            for row in rows:
                sys.stdout.buffer.write(orjson.dumps(plain(row), option=orjson.OPT_APPEND_NEWLINE))
            seq, written = int(rows[-1]["seq"]), written + len(rows)
            if limit and written >= limit:
                break
    sys.stdout.flush()


PAGE = 500
_TYPES: dict[str, Any] = {
    **dict.fromkeys(("published_at", "found_at", "queued_at"), t.UtcDateTime()),
    **dict.fromkeys(("authors", "topics", "match_reasons"), t.Json),
    "roundup": sa.Boolean(),
}


async def _page(system: System, after: int, limit: int) -> list[dict[str, Any]]:
    query = sa.text("SELECT * FROM queued_articles WHERE seq > :after ORDER BY seq LIMIT :limit").columns(
        **_TYPES
    )
    rows = await system.stores.database.read(
        lambda c: c.execute(query, {"after": after, "limit": limit}).mappings().all()
    )
    return [dict(row) for row in rows]


async def _queued(system: System, ids: list[int]) -> dict[int, dict[str, Any]]:
    query = sa.text("SELECT * FROM queued_articles WHERE article_id IN :ids").columns(**_TYPES)
    query = query.bindparams(sa.bindparam("ids", expanding=True))
    rows = (
        await system.stores.database.read(lambda c: c.execute(query, {"ids": ids}).mappings().all())
        if ids
        else []
    )
    return {int(row["article_id"]): plain(dict(row)) for row in rows}
