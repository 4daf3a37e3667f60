"""`monitor`: the commands. Exit codes: 0 fine, 1 something failed, 2 nothing could run or the call was wrong."""

import gc
import importlib
import os

import click

from monitor import __version__

COMMANDS = {
    "run": "operate",
    "once": "once",
    "check": "operate",
    "status": "operate",
    "sources": "sources",
    "ingest": "data",
    "extract": "data",
    "queue": "labelling",
    "labels": "labels",
    "articles": "articles",
    "incidents": "review",
    "archive": "archives",
    "retry": "data",
    "db": "databases",
    "evaluate": "data",
    "tune": "tuning",
    "health": "health",
}  # each command by the module of monitor.commands that has it

# Our matrices are small: threads for them wait for each other, busily, half a second over what takes two milliseconds.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# What is imported stays: to look through it for garbage takes a tenth of the start.
gc.set_threshold(100_000)


class Commands(click.Group):
    """Imports the module of a command when it is asked for: a short command must not wait for the whole line."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order in which they are told."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the same
        """Return a command, None for a name that is none."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"monitor.commands.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="monitor")
def main() -> None:
    """Watch the news and keep track of incidents.

    Settings come from MONITOR_* in the environment, .env or monitor.toml; what is watched from sources.yaml.
    Begin with `monitor check`, then `monitor run`; without network try `make demo`.
    """


if __name__ == "__main__":
    main()
