"""Site selectors: where an operator says that a site's text, title, date and authors stand."""

from collections.abc import Mapping

from lxml import etree, html

from monitor.adapters.extract_blocks import read_blocks
from monitor.adapters.extract_page import Tree
from monitor.domain.errors import Permanent
from monitor.domain.text import one_line, paragraphs


def select(tree: Tree, selector: str) -> list[html.HtmlElement]:
    """Return the elements that a CSS selector, or an XPath from `/` on, finds; raises Permanent for a bad one."""
    try:
        found = (
            tree.root.xpath(selector) if selector.startswith(("/", "(")) else tree.root.cssselect(selector)
        )
    except (etree.XPathError, SyntaxError, ValueError) as error:
        raise Permanent("bad-selector", detail=f"{selector!r}: {error}") from error
    return (
        [element for element in found if isinstance(element, html.HtmlElement)]
        if isinstance(found, list)
        else []
    )


def drop(tree: Tree, selectors: Mapping[str, str]) -> None:
    """Remove what the operator wants out of the page."""
    for element in select(tree, selectors["drop"]) if selectors.get("drop") else []:
        if element.getparent() is not None:
            element.drop_tree()


def selected_lines(tree: Tree, selector: str) -> list[str]:
    """Return the paragraphs of the selected elements."""
    lines = [block.text for element in select(tree, selector) for block in read_blocks(element).rows]
    return paragraphs("\n".join(lines))


def selected_text(tree: Tree, selector: str) -> str:
    """Return the text, or the stated moment, of the first selected element."""
    found = select(tree, selector) if selector else []
    if not found:
        return ""
    return str(
        found[0].get("datetime")
        or found[0].get("content")
        or one_line("".join(map(str, found[0].itertext())))
    )
