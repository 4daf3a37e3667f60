"""The door to both databases."""

import sqlalchemy as sa

from monitor.adapters.engine import Database


async def test_smoke(database: Database) -> None:
    assert await database.read(lambda c: c.execute(sa.text("SELECT 1")).scalar()) == 1
    assert await database.write(lambda c: c.execute(sa.text("SELECT count(*) FROM articles")).scalar()) == 0
