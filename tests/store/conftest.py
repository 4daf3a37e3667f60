"""Stores on a migrated database of either kind."""

import pytest

from monitor.adapters.engine import Database
from monitor.adapters.store.stores import Stores
from tests.store.rows import stores_on


@pytest.fixture
def stores(database: Database) -> Stores:
    return stores_on(database)
