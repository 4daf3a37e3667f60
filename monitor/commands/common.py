"""What every command shares: settings, exit codes, tables or JSON, a progress bar on long work."""

import asyncio
import functools
import sys
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, NoReturn, ParamSpec, TypeVar

import click
import orjson
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column, Table

from monitor import log
from monitor.config import Configuration, Settings, load_settings, load_sources
from monitor.config.writing import replace_file
from monitor.domain.errors import ConfigurationError, MonitorError
from monitor.domain.text import writable

P = ParamSpec("P")
T = TypeVar("T")

OK, SOME_FAILED, CANNOT_RUN = 0, 1, 2
NUMBER = click.IntRange(1, 2**62)  # of an article, an incident, a change: no database holds greater ones
DAYS = click.IntRange(1, 36_500)  # that dates can be reckoned with
AT_MOST = click.IntRange(1, 100_000)

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
json_anyway = click.option(  # so that a tool may give --json to every command that prints data
    "--json", is_flag=True, expose_value=False, help="JSON is what it prints anyway."
)


def settings(**overrides: Any) -> Settings:
    """Load the settings; end the program with every error on its line where they are wrong."""
    try:
        loaded = load_settings(overrides=overrides)
    except ConfigurationError as error:
        refuse(error)
    log.set_up(form=loaded.LOG_FORMAT, level=loaded.LOG_LEVEL)
    return loaded


def configuration(loaded: Settings) -> Configuration:
    """Load sources.yaml; end the program with every error on its line where it is wrong."""
    try:
        return load_sources(loaded.SOURCES)
    except ConfigurationError as error:
        refuse(error)


def refuse(error: ConfigurationError) -> NoReturn:
    """Say what has to be mended and stop with exit code 2."""
    for problem in error.problems:
        err.print(str(problem), style="red", markup=False)
    sys.exit(CANNOT_RUN)


def asynchronous(function: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """Run an async command; our own errors end it with a line, not with a traceback."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return asyncio.run(function(*args, **kwargs))
        except ConfigurationError as error:
            refuse(error)
        except MonitorError as error:
            err.print(f"{type(error).__name__.lower()}: {error}", style="red", markup=False)
            sys.exit(SOME_FAILED)
        except UnicodeEncodeError:
            if (name := _not_text(kwargs)) is None:
                raise
            raise click.UsageError(f"{name} is not UTF-8") from None
        except OSError as error:
            if error.filename is None:
                raise
            raise click.FileError(str(error.filename), error.strerror) from error  # a path of the caller's
        except KeyboardInterrupt:
            sys.exit(130)

    return run


def _not_text(given: Mapping[str, Any]) -> str | None:
    """Return the name of an argument with bytes that are none of UTF-8, which Python passes on as half characters."""
    for name, value in given.items():
        parts = value if isinstance(value, tuple) else (value,)
        if any(isinstance(part, str) and writable(part) != part for part in parts):
            return name
    return None


def tell_missed(named: Collection[int], done: int, kind: str) -> None:
    """End with exit code 1 where not all that was named by its number was there to be done."""
    missed = len(set(named)) - done
    if named and missed > 0:
        err.print(f"{missed} of the {len(set(named))} named: no {kind}", style="red", markup=False)
        sys.exit(SOME_FAILED)


def plain(value: Any) -> Any:
    """Return a value as JSON knows it."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    return _plain_scalar(value)


def _plain_scalar(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case timedelta():
            return value.total_seconds()
        case Enum():
            return value.value
        case Path():
            return str(value)
        case _:
            return value


def print_json(value: Any) -> None:
    """Print JSON to standard output, readable."""
    sys.stdout.buffer.write(
        orjson.dumps(plain(value), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    )
    sys.stdout.flush()


def write_file(target: Path, text: str) -> None:
    """Write a text to a file, or to standard output for "-"; where that cannot be, end with a line."""
    if str(target) == "-":
        click.echo(text, nl=False)
        return
    try:
        replace_file(target, text)
    except OSError as error:
        raise click.FileError(str(target), error.strerror) from error


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "") -> None:
    """Print a table whose cells are text, never markup."""
    whole = [Column(name, overflow="fold") for name in columns]  # a word that is cut off tells nothing
    table = Table(
        *whole, title=title or None, title_justify="left", header_style="bold", box=None, pad_edge=False
    )
    for row in rows:
        table.add_row(*[_cell(value) for value in row])
    out.print(table)


def short(text: str, most: int) -> str:
    """Return a text of at most so many letters for a table; "…" says that there is more."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _cell(value: Any) -> Any:
    from rich.text import Text

    if value is None:
        return Text("–", style="dim")
    if isinstance(value, datetime):
        return Text(f"{value:%Y-%m-%d %H:%M}")
    return Text(", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))


def progress() -> Progress:
    """Return a progress bar on standard error; silent where that is no terminal."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        disable=not err.is_terminal,
        transient=True,
    )
