"""`monitor`: the commands. Exit codes: 0 fine, 1 something failed, 2 nothing could run or the call was wrong."""

import click

from monitor import __version__
from monitor.commands.archives import archive
from monitor.commands.articles import articles
from monitor.commands.data import evaluate, extract, ingest, retry
from monitor.commands.databases import db
from monitor.commands.health import health
from monitor.commands.labelling import queue
from monitor.commands.labels import labels
from monitor.commands.operate import check, once, run, status
from monitor.commands.review import incidents
from monitor.commands.sources import sources
from monitor.commands.tuning import tune


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="monitor")
def main() -> None:
    """Watch the news and keep track of incidents.

    Settings come from MONITOR_* in the environment, .env or monitor.toml; what is watched from sources.yaml.
    Begin with `monitor check`, then `monitor run`; without network try `make demo`.
    """


for command in (
    run, once, check, status, sources, ingest, extract, queue, labels, articles, incidents, archive, retry, db, evaluate, tune, health,
):  # fmt: skip
    main.add_command(command)

if __name__ == "__main__":
    main()
