"""Every command says what it is for, and an unknown one is refused."""

from datetime import UTC, datetime

import click
import pytest
from click.testing import CliRunner

from monitor.cli import COMMANDS, main
from monitor.commands.common import print_table, short
from monitor.commands.once import print_summary
from monitor.commands.passes import Summary
from monitor.commands.trying import said
from monitor.domain.errors import Transient
from monitor.domain.model import Feed
from monitor.stages.poll import Answer
from tests.fakes import response


def ways(group: click.Group, *before: str) -> list[tuple[str, ...]]:
    """Return the words that lead to each group and command."""
    context, found = click.Context(group), [before]
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        found += ways(command, *before, name) if isinstance(command, click.Group) else [(*before, name)]
    return found


@pytest.mark.parametrize("words", ways(main), ids=" ".join)
def test_a_command_helps(words):
    done = CliRunner().invoke(main, [*words, "--help"], prog_name="monitor")
    assert done.exit_code == 0
    assert done.output.startswith(f"Usage: monitor {' '.join(words)}".rstrip())
    said = done.output.partition("\n\n")[2].strip()
    assert said[:1].isupper(), "the first sentence says what it is for"


def test_all_commands_are_told_in_their_order():
    told = CliRunner().invoke(main, ["--help"]).output.partition("Commands:")[2].split("\n")[1:]
    assert [line.split()[0] for line in told if line.strip()] == list(COMMANDS)


def test_what_prints_data_takes_json():
    every = ways(main)
    commands = [words for words in every if not any(words == one[: len(words)] != one for one in every)]
    without = [one for one in commands if "--json" not in CliRunner().invoke(main, [*one, "--help"]).output]
    assert {words[-1] for words in without} == {
        "run",
        "export",
        "skip",
        "release",
    }  # they write files, or nothing


@pytest.mark.parametrize("words", [("incident",), ("sources", "lst"), ("run", "--onyl", "read")])
def test_what_is_no_command_is_refused(words):
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 2
    assert "Error: No such" in done.output


def test_a_table_in_a_narrow_place_cuts_nothing_off(capsys):
    print_table(["roles", "machine"], [("q" * 70, "z" * 70)])
    printed = capsys.readouterr().out
    assert (printed.count("q"), printed.count("z"), printed.count("…")) == (70, 70, 0)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (Answer(response(status=502, body=b"<h1>no such host</h1>")), "http-502"),
        (Answer(response(), Feed("html")), "html"),
        (Answer(Transient("dns", detail="no such name")), "dns: no such name"),
    ],
)
def test_a_source_that_is_tested_is_told_in_a_word_and_never_by_its_page(answer, word):
    assert said(answer) == word


def test_what_a_table_shortens_says_so():
    assert short("four", 4) == "four"
    assert short("a headline", 6) == "a hea…"
    assert short("a headline", 3) == "a…"


@pytest.mark.parametrize(
    ("words", "told"), [(("run",), "poll, read, decide, archive, web"), (("db", "backup"), "[default: 0;")]
)
def test_the_help_names_what_may_be_given(words, told):
    done = CliRunner().invoke(main, [*words, "--help"])
    assert told in " ".join(done.output.split())


def test_what_waits_is_due_to_the_second(capsys):
    due = datetime(2026, 11, 24, 3, 41, 7, 123456, tzinfo=UTC)
    print_summary(Summary(1, 1, {"found": 1}, 0, 0, waiting=1, next_due=due))
    assert "the next is due 2026-11-24 03:41:07 UTC\n" in capsys.readouterr().out
