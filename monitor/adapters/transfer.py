"""Moves everything into another database: table by table, resumable, and proven equal at the end.

Neither side is written to by anyone else meanwhile. Times, JSON and truth values go through the same types on both
sides, so that what is compared is what the daemon reads.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa
import xxhash
from sqlalchemy import Connection, Engine, Table
from sqlalchemy.exc import DBAPIError, IntegrityError

from monitor.adapters import migrate
from monitor.adapters import tables as t
from monitor.adapters.database_errors import translate
from monitor.adapters.engine import make_engine
from monitor.adapters.store.search import FOLLOWER
from monitor.domain.errors import Permanent

AT_ONCE = 500
# what runs now, and what the target says of itself
NOT_MOVED = {"workers", "leases", "turns", "visits", "compatible"}
POINTS_BACK = {"articles": "copy_of", "incidents": "merged_into"}  # to a row that may come later

EMPTY_IT = "empty the target (drop its database and create it anew), then copy again"

Progress = Callable[[str, int, int], None]  # table, rows done, rows in all
Row = dict[str, Any]


@dataclass(frozen=True)
class Moved:
    """One table: its rows, and a checksum over all of them whatever their order."""

    table: str
    rows: int
    checksum: str


def move(source_url: str, target_url: str, *, progress: Progress = lambda *_: None) -> list[Moved]:
    """Copy every table and prove it equal; call again after an interruption and it goes on where it was.

    Raises Permanent where the source has another schema, the target holds anything else, or a checksum differs.
    """
    source, target = make_engine(source_url, read_only=True), make_engine(target_url, writer=True)
    try:
        if (revision := migrate.current(source)) != migrate.head():
            raise Permanent(
                "copy", detail=f"the source has schema {revision or 'none'}; run `monitor db upgrade`"
            )
        tables = [table for table in t.metadata.sorted_tables if table.name not in NOT_MOVED]
        _refuse_others(source, target, tables)
        _make_ready(target, target_url)
        for table in tables:
            _move_table(source, target, table, progress)
        _point_back(source, target)
        _finish(target, tables)
        return [_prove(source, target, table) for table in tables]
    except IntegrityError as error:
        raise Permanent("copy", detail=f"the target held other rows: {error.orig}; {EMPTY_IT}") from error
    except DBAPIError as error:
        raise translate(error) from error
    finally:
        source.dispose()
        target.dispose()


def _refuse_others(source: Engine, target: Engine, tables: list[Table]) -> None:
    """Raise Permanent where the target is not empty and holds what no copy of the source left there.

    The last row of each table tells: a mistyped address may be that of an installation in use.
    """
    with source.connect() as reading, target.connect() as looking:
        there = sa.inspect(looking)
        for table in tables:
            if not there.has_table(table.name):
                continue
            have = {column["name"] for column in there.get_columns(table.name)}  # an older schema has fewer
            row = _last(looking, table, have)
            if row is not None and row != _same(reading, table, row):
                found = f"the target held other rows before ({table.name}); nothing was written to it"
                raise Permanent("copy", detail=f"{found}; name another one, or, where it may go, {EMPTY_IT}")


def _last(connection: Connection, table: Table, names: set[str]) -> Row | None:
    """Return the last row of a table as the first pass writes it, None where there is none."""
    left_out = {POINTS_BACK.get(table.name)}
    columns = [column for column in table.c if column.name in names - left_out]
    query = sa.select(*columns).order_by(*[key.desc() for key in table.primary_key]).limit(1)
    if table is t.positions:
        query = query.where(table.c.name != FOLLOWER)
    found = connection.execute(query).mappings().first()
    return {name: _clean(value) for name, value in found.items()} if found else None


def _same(connection: Connection, table: Table, row: Row) -> Row | None:
    """Return the row of that key with the same columns, None where there is none."""
    query = sa.select(*[table.c[name] for name in row])
    query = query.where(*[key == row[key.name] for key in table.primary_key])
    found = connection.execute(query).mappings().first()
    return {name: _clean(value) for name, value in found.items()} if found else None


def _make_ready(target: Engine, url: str) -> None:
    schema = migrate.look(target)
    if schema.is_newer and not schema.fits:
        raise Permanent(
            "copy", detail=f"the target has schema {schema.revision} of a newer release; copy with that one"
        )
    migrate.upgrade(url)


def _move_table(source: Engine, target: Engine, table: Table, progress: Progress) -> None:
    with source.connect() as reading:
        total = _count(reading, table)
        done, after = _resume(target, table)
        for rows in _batches(reading, table, after):
            with target.begin() as writing:
                writing.execute(_insert(writing, table), [_first_pass(table, row) for row in rows])
            done += len(rows)
            progress(table.name, min(done, total), total)


def _resume(target: Engine, table: Table) -> tuple[int, int | None]:
    """Return how many rows are there, and the number from which on to copy; None: from the start."""
    first = next(iter(table.primary_key))
    if not isinstance(first.type, sa.Integer | sa.BigInteger):
        return 0, None  # small tables, whose text keys sort differently on each side
    with target.connect() as connection:
        last = connection.execute(sa.select(sa.func.max(first))).scalar()
        if last is None:
            return 0, None
        whole = connection.execute(
            sa.select(sa.func.count()).select_from(table).where(first < last)
        ).scalar_one()
        return int(whole), int(last)


def _batches(connection: Connection, table: Table, start: int | None) -> Iterator[list[Row]]:
    """Read a table in the order of its key, a part at a time."""
    keys = list(table.primary_key)
    condition = sa.true() if start is None else keys[0] >= start
    while True:
        query = sa.select(table).where(condition).order_by(*keys).limit(AT_ONCE)
        rows = [dict(row) for row in connection.execute(query).mappings()]
        if not rows:
            return
        yield [{name: _clean(value) for name, value in row.items()} for row in rows]
        last = sa.tuple_(*[sa.literal(rows[-1][key.name], key.type) for key in keys])
        condition = sa.tuple_(*keys) > last


def _insert(connection: Connection, table: Table) -> Any:
    insert: Any
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert
    return insert(table).on_conflict_do_nothing()


def _first_pass(table: Table, row: Row) -> Row:
    pointer = POINTS_BACK.get(table.name)
    return {**row, pointer: None} if pointer else row


def _point_back(source: Engine, target: Engine) -> None:
    """Set, once all rows are there, what points from one row to another of the same table."""
    for name, pointer in POINTS_BACK.items():
        table = t.metadata.tables[name]
        pairs = (
            sa.select(table.c.id, table.c[pointer]).where(table.c[pointer].is_not(None)).order_by(table.c.id)
        )
        change = table.update().where(table.c.id == sa.bindparam("row")).values({pointer: sa.bindparam("to")})
        with source.connect() as reading, target.begin() as writing:
            for part in reading.execute(pairs).partitions(AT_ONCE):
                writing.execute(change, [{"row": row, "to": to} for row, to in part])


def _finish(target: Engine, tables: list[Table]) -> None:
    """Let new rows be numbered after the copied ones, search fill up anew, and the planner know what is there."""
    with target.begin() as connection:
        connection.execute(t.positions.delete().where(t.positions.c.name == FOLLOWER))
        if connection.dialect.name != "postgresql":
            return
        for table in tables:
            if table.autoincrement_column is not None:
                number = table.autoincrement_column
                sequence = sa.func.pg_get_serial_sequence(table.name, number.name)
                highest = sa.select(sa.func.coalesce(sa.func.max(number), 0) + 1).scalar_subquery()
                connection.execute(sa.select(sa.func.setval(sequence, highest, False)))
        connection.execute(
            sa.text("ANALYZE")
        )  # the server would look at what came only after the daemon asked


def _prove(source: Engine, target: Engine, table: Table) -> Moved:
    here, there = _fingerprint(source, table), _fingerprint(target, table)
    if here != there:
        found = f"{table.name}: {here.rows} rows here, {there.rows} there, checksums {here.checksum}, {there.checksum}"
        raise Permanent(
            "copy",
            detail=f"{found}; the target held other rows, or one of the two was written to; {EMPTY_IT}",
        )
    return here


def _fingerprint(engine: Engine, table: Table) -> Moved:
    rows = total = 0
    with engine.connect() as connection:
        for batch in _batches(connection, table, None):
            kept = [row for row in batch if not _is_search(table, row)]
            rows += len(kept)
            total = (total + sum(_digest(row) for row in kept)) % 2**64
    return Moved(table.name, rows, f"{total:016x}")


def _is_search(table: Table, row: Row) -> bool:
    return table is t.positions and row["name"] == FOLLOWER


def _digest(row: Row) -> int:
    return xxhash.xxh64_intdigest(
        orjson.dumps(list(row.values()), default=_plain, option=orjson.OPT_SORT_KEYS)
    )


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    raise TypeError(type(value).__name__)


def _clean(value: Any) -> Any:
    """Leave out the sign that PostgreSQL cannot store in a text."""
    match value:
        case str():
            return value.replace("\0", "")
        case list():
            return [_clean(one) for one in value]
        case dict():
            return {_clean(key): _clean(one) for key, one in value.items()}
        case _:
            return value


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
