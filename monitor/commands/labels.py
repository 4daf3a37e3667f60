"""labels export | import | schemes | contradictions | agreement: judgements on their way out of here and back."""

import sys
from pathlib import Path

import click

from monitor.adapters.store.listings import Wanted
from monitor.commands.common import (
    SOME_FAILED,
    asynchronous,
    err,
    json_anyway,
    json_option,
    out,
    print_json,
    print_table,
    settings,
)
from monitor.daemon import open_stores
from monitor.domain.returned import Brought
from monitor.exports.formats import FORMATS, asked_of, write
from monitor.exports.taking_back import READERS, parse

LARGEST = 256 * 1024 * 1024  # bytes of a file of labels


@click.group()
def labels() -> None:
    """Labels as files of other tools, and how far labellers agree."""


@labels.command()
@click.argument("name", metavar="FORMAT", type=click.Choice(list(FORMATS)))
@click.option("--out", "target", default="-", type=click.Path(path_type=Path, allow_dash=True), help="A file; else standard output.")  # fmt: skip
@click.option("--scheme", default="oecd", show_default=True, help="For formats that know one question.")
@click.option("--question", default="", help="The question; else the scheme's first required one.")
@click.option("--topic", default="", help="Only articles on this topic.")
@click.option("--language", default="", help="Only articles in this language.")
@click.option("--labelled", is_flag=True, help="Only articles with a label in force.")
@asynchronous
async def export(  # noqa: PLR0917 - each is an option
    name: str, target: Path, scheme: str, question: str, topic: str, language: str, labelled: bool
) -> None:
    """Write decided articles with their labels: jsonl, csv, labels-csv, label-studio, doccano, argilla, prodigy."""
    async with open_stores(settings()) as system:
        asked = asked_of(system.stores.labelling.schemes, scheme, question)
        wanted = Wanted(topic=topic, language=language)
        pieces = write(name, system.stores.export_rows.articles(wanted, labelled=labelled), asked)
        with click.open_file(str(target), "wb") as file:
            async for piece in pieces:
                file.write(piece)


@labels.command("import")
@click.argument("tool", type=click.Choice(sorted(READERS)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--write", "for_real", is_flag=True, help="Change something; without it the difference is only shown."
)
@json_option
@asynchronous
async def import_(tool: str, file: Path, for_real: bool, as_json: bool) -> None:
    """Bring labels back from a tool's FILE; the same file again changes nothing."""
    text = _text_of(file)
    async with open_stores(settings()) as system:
        parsed = parse(tool, text, system.stores.labelling.schemes)
        brought = await system.stores.bringing.bring(
            tool, parsed, now=system.clock.now(), dry_run=not for_real
        )
    print_json(brought) if as_json else _tell(brought)
    sys.exit(SOME_FAILED if brought.problems else 0)


def _text_of(file: Path) -> str:
    if file.stat().st_size > LARGEST:
        raise click.BadParameter(f"{file} is larger than {LARGEST} bytes; split it")
    try:
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise click.BadParameter(f"{file} is not UTF-8: {error}") from error


def _tell(brought: Brought) -> None:
    rows = [
        (one.article_id, one.labeller, f"{one.scheme}.{one.question}", str(one.was), str(one.becomes))
        for one in brought.differences
    ]
    print_table(["article", "labeller", "question", "was", "becomes"], rows)
    for problem in brought.problems:
        err.print(problem, style="red", markup=False)
    done = "written" if brought.written else "would be written (--write does it)"
    out.print(
        f"{len(rows)} {done}, {brought.same} the same, {brought.older} older than what is here", markup=False
    )


@labels.command()
@json_anyway
@asynchronous
async def schemes() -> None:
    """Print the label schemes in force as JSON: the shipped ones and those beside sources.yaml."""
    async with open_stores(settings()) as system:
        print_json(list(system.stores.labelling.schemes.values()))


@labels.command()
@json_option
@asynchronous
async def contradictions(as_json: bool) -> None:
    """List labels that cannot all be right: between labellers, copies, or the articles of one incident."""
    async with open_stores(settings()) as system:
        found = await system.stores.judgements.contradictions()
    if as_json:
        print_json(found)
        return
    for one in found:
        said = "; ".join(f"{held.labeller} on {held.article_id}: {held.value}" for held in one.labels)
        out.print(f"among {one.among}, {one.scheme}.{one.question}: {said}", markup=False)


@labels.command()
@click.argument("scheme", default="oecd")
@click.argument("question", default="article_label")
@json_anyway
@asynchronous
async def agreement(scheme: str, question: str) -> None:
    """Measure how far labellers agree on a question: percent and Krippendorff's alpha."""
    async with open_stores(settings()) as system:
        asked_of(system.stores.labelling.schemes, scheme, question)
        print_json(await system.stores.judgements.agreement(scheme, question))
