"""Promises of the block rules: what a reader lost inside the article comes back, what it took outside goes."""

from monitor.adapters.extract_blocks import read_blocks
from monitor.adapters.extract_page import parse_markup
from monitor.domain.blocks import Blocks, agreement, headline_of, located, prose, settle, title_blocks

SENTENCE = "A sentence of the article that is number {} and long enough to be one."


def blocks_of(markup: str) -> Blocks:
    return read_blocks(parse_markup(f"<html><body>{markup}</body></html>", "https://a.example/").root)


def kept(blocks: Blocks, text: str, title: str = "") -> list[str]:
    titled = title_blocks(blocks.rows, title)
    return [
        block.text
        for block, keep in zip(blocks.rows, settle(blocks, located(blocks, text), titled), strict=True)
        if keep
    ]


def paragraphs(*numbers: int) -> str:
    return "".join(f"<p>{SENTENCE.format(number)}</p>" for number in numbers)


def test_blocks_are_paragraphs_headings_cells_and_lines() -> None:
    blocks = blocks_of(
        "<div>one <b>two</b><br>three<p>four <a href='/x'>five</a></p><script>six</script><table><tr><td>seven</table></div>"
    )
    assert [block.text for block in blocks.rows] == ["one two", "three", "four five", "seven"]
    assert [block.linked for block in blocks.rows] == [0, 0, 4, 0]
    assert blocks.rows[2].links == ("/x",)


def test_menus_and_footers_are_skipped_but_not_when_they_swallow_the_page() -> None:
    assert blocks_of("<nav>menu</nav>" + paragraphs(1, 2, 3, 4)).rows[0].text == SENTENCE.format(1)
    assert len(blocks_of(f"<nav>menu {paragraphs(1, 2, 3, 4)}").rows) == 5


def test_a_lost_heading_and_a_lost_short_paragraph_come_back() -> None:
    blocks = blocks_of(
        f"<article>{paragraphs(1)}<h2>A heading</h2>{paragraphs(2)}<p>A short one.</p>{paragraphs(3)}</article>"
    )
    text = "\n".join(SENTENCE.format(number) for number in (1, 2, 3))
    assert kept(blocks, text) == [
        SENTENCE.format(1),
        "A heading",
        SENTENCE.format(2),
        "A short one.",
        SENTENCE.format(3),
    ]


def test_a_lost_prompt_or_advertisement_does_not_come_back() -> None:
    blocks = blocks_of(
        f"<article>{paragraphs(1)}<p>Subscribe to our newsletter</p><div class='promo'><p>Buy these shoes at once now</p></div>"
        f"<p><a href='/x'>A link to another story of ours</a></p>{paragraphs(2)}</article>"
    )
    assert kept(blocks, f"{SENTENCE.format(1)}\n{SENTENCE.format(2)}") == [
        SENTENCE.format(1),
        SENTENCE.format(2),
    ]


def test_comments_do_not_stay_whoever_took_them() -> None:
    blocks = blocks_of(
        f"<article>{paragraphs(1, 2, 3)}</article><div id='comments'><p>What a bad article this is, I think.</p></div>"
    )
    text = "\n".join(
        [*(SENTENCE.format(number) for number in (1, 2, 3)), "What a bad article this is, I think."]
    )
    assert kept(blocks, text) == [SENTENCE.format(number) for number in (1, 2, 3)]


def test_what_stands_above_the_headline_goes_and_so_does_the_headline() -> None:
    title = "The headline of the article"
    blocks = blocks_of(
        f"<div><p>Free shipping on all orders above fifty dollars today.</p><h1>{title}</h1>{paragraphs(*range(8))}</div>"
    )
    text = "\n".join(block.text for block in blocks.rows)
    assert kept(blocks, text, title) == [SENTENCE.format(number) for number in range(8)]


def test_a_headline_at_the_bottom_cuts_nothing() -> None:
    title = "The headline of the article"
    blocks = blocks_of(f"<div>{paragraphs(*range(8))}<h1>{title}</h1></div>")
    assert len(kept(blocks, "\n".join(block.text for block in blocks.rows), title)) == 8
    assert headline_of(blocks.rows, title_blocks(blocks.rows, title)) == 8


def test_a_short_block_is_found_only_between_its_neighbours() -> None:
    blocks = blocks_of(f"<div>Video</div><article>{paragraphs(1)}<h2>Video</h2>{paragraphs(2)}</article>")
    assert located(blocks, f"{SENTENCE.format(1)}\nVideo\n{SENTENCE.format(2)}") == [False, True, True, True]


def test_agreement_counts_words() -> None:
    blocks = blocks_of("<p>one two three</p><p>four</p>")
    assert agreement(blocks, [True, True], [True, True]) == 1.0
    assert agreement(blocks, [True, False], [False, True]) == 0.0
    assert agreement(blocks, [False, False], [False, False]) == 1.0


def test_prose_reads_like_running_text() -> None:
    blocks = blocks_of(f"{paragraphs(1)}<p>Short.</p><p><a href='/x'>{SENTENCE.format(2)}</a></p>")
    assert prose(blocks) == [True, False, False]


def test_no_headline_is_none() -> None:
    assert headline_of(blocks_of(paragraphs(1)).rows, frozenset()) == -1
