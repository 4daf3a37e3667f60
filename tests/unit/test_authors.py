"""Who wrote it, where the page only shows it: names by themselves and signatures, and nothing that is no name."""

import pytest
from lxml import html

from monitor.adapters.extract_metadata import classed_authors
from monitor.domain.authors import is_credited, is_person, named, signed, without_sites
from monitor.domain.blocks import Block


def rows(*texts: str) -> list[Block]:
    return [Block(text, "p", (number,)) for number, text in enumerate(texts)]


LONG = "这是正文里的一段话，" * 8


@pytest.mark.parametrize(
    "name",
    ["Ann Example", "Ludwig van der Berg", "J. R. Writer", "张三丰", "陈晨", "约翰·史密斯", "Анна Петрова"],
)
def test_persons(name):
    assert is_person(name)


@pytest.mark.parametrize(
    "name",
    ["admin", "ann.example", "The News Team", "Request Info", "Read More", "Example Media Group", "新华网", "从有关", "版面导航", "Area 51 Writer"],
)  # fmt: skip
def test_what_is_no_person(name):
    assert not is_person(name)


def test_a_team_is_credited():
    assert is_credited("The Example Team")
    assert not is_credited("Example Group")


def test_sites_and_outlets_are_no_authors():
    assert without_sites(["Example Post", "Ann Example", "示例新闻网", "某某出版社"], ["EXAMPLE POST"]) == (
        "Ann Example",
    )


@pytest.mark.parametrize(
    ("last", "names"),
    [
        ("（记者 张晓明）", ("张晓明",)),
        ("示例晚报记者 李明 王小红", ("李明", "王小红")),
        ("示例新闻·城市商报记者马晓峰/文 受访者供图", ("马晓峰",)),
        ("陈晓/文", ("陈晓",)),
        ("执笔人：张明 李晓红", ("张明", "李晓红")),
        (LONG + "（周明 上海报道）", ("周明",)),
        (LONG + "(示例报记者 赵小雨)", ("赵小雨",)),
        (LONG, ()),
        ("记者从有关部门获悉", ()),
        ("责任编辑：张明", ()),
        ("（图片来自网络）", ()),
    ],
)
def test_signatures_at_the_end(last, names):
    assert signed(rows(LONG, LONG, last), [0, 1, 2]) == names
    assert signed(rows(LONG, LONG, LONG, last), [0, 1, 2]) == (names if last[:9] != LONG[:9] else ())


@pytest.mark.parametrize(
    ("first", "names"),
    [
        ("示例社北京3月1日电（记者张明、李晓红）" + LONG, ("张明", "李晓红")),
        ("本报讯（示例报记者 王小明）" + LONG, ("王小明",)),
        ("本报讯（图）" + LONG, ()),
    ],
)
def test_names_behind_a_dateline(first, names):
    assert signed(rows(first, LONG), [0, 1]) == names


def test_a_name_by_itself_needs_something_that_confirms_it():
    near = rows("Ann Example", "March 3, 2026", "The text begins.")
    assert named(near, [], (), "A title") == ("Ann Example",)
    alone = rows("Ann Example", "Something else", "The text begins.")
    assert named(alone, [], (), "A title") == ()
    assert named(alone, rows("Ann Example"), (), "A title") == ("Ann Example",)
    assert named(alone, rows("Ann Example"), (), "Ann Example wins") == ()
    linked = [Block("Ann Example Daily Post", "p", (0,), 11, ("https://post.example/authors/ann",))]
    assert named(linked, [], ("Daily Post",), "A title") == ("Ann Example",)
    assert named(rows("Ann Example | Senior Writer | July 2"), [], (), "A title") == ("Ann Example",)
    assert named(rows("Shopping Cart", "March 3, 2026"), [], (), "A title") == ()


@pytest.mark.parametrize(
    ("markup", "texts"),
    [
        ('<p class="post-author">Ann Example</p>', ("Ann Example",)),
        ('<p class="byline__name">Ann Example</p>', ("Ann Example",)),
        ('<p class="comment-author">A Reader</p>', ()),
        ('<div class="author-box">Ann writes about cities.</div>', ()),
        (f'<div class="author">{"<p>words</p>" * 99}</div><p class="author">Ann Example</p>', ("Ann Example",)),
    ],
)  # fmt: skip
def test_an_authors_class(markup, texts):
    assert classed_authors(html.fromstring(f"<html><body>{markup}</body></html>")) == texts


@pytest.mark.parametrize("text", [" " * 200_000, "（" * 100_000, "记者 " * 50_000, "王" * 200_000])
def test_hostile_texts_are_bounded(text):
    assert signed(rows(text, text), [0, 1]) == ()
    assert named(rows(text, "March 3, 2026"), [], (), "A title") == ()
