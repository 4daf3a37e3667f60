"""One pass over everything, where nothing is polled: what the file switched off says so all the same."""

from pathlib import Path

from monitor.commands.passes import pass_once
from monitor.config import load_settings, load_sources
from monitor.daemon import migrate_database, open_stores
from monitor.domain.model import Health

FILE = """
version: 1
sources:
  - {name: gazette, kind: rss, url: "https://gazette.example/rss", enabled: false, reason: dead since 2018}
"""


async def test_a_pass_shows_what_is_switched_off(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_text(FILE)
    environment = {
        "MONITOR_DATA_DIR": str(tmp_path),
        "MONITOR_SOURCES": str(tmp_path / "sources.yaml"),
        "MONITOR_ARCHIVE": "off",
    }
    settings = load_settings(environment, folder=tmp_path)
    watched = load_sources(settings.SOURCES)
    migrate_database(settings)
    summary = await pass_once(settings, watched)
    assert (summary.polled, summary.failed_sources) == (0, {})
    async with open_stores(settings, watched) as system:
        state = await system.stores.polls.source_state("gazette")
    assert (state.status, state.reason) == (Health.DISABLED, "dead since 2018")
