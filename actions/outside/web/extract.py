"""From a page's HTML to the text that a person came to read. Pure.

Rules: what a person does not see is not read (scripts, hidden elements, comments: there instructions to machines hide).
The main part is the one that the page itself marks, else the element that holds most of the running text. Work is
bounded: the parser's time grows with the square of the depth, so that deep pages are refused before it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pgswarm.actions.base import ActionError
from pgswarm.actions.outside.texts import cleaned, one_line

MAX_DEPTH: Final = 2_000
MIN_MARKED: Final = 200
"""Characters that a marked main part must hold to be believed."""
_UNSEEN: Final = (
    "script, style, noscript, template, iframe, object, embed, svg, canvas, form, button, select, input, textarea, "
    "dialog, nav, [hidden], [aria-hidden=true], [role=navigation], [role=banner], [role=search], [role=dialog], "
    "[style*='display:none'], [style*='display: none'], [style*='visibility:hidden'], [style*='visibility: hidden']"
)
_BESIDE: Final = "header, footer, aside, [role=complementary], [role=contentinfo]"
_MARKED: Final = ("article", "main", "[role=main]", "#content", "#main")
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
_NEVER_DEEP: Final = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "dd",
        "dt",
        "embed",
        "hr",
        "img",
        "input",
        "li",
        "link",
        "meta",
        "option",
        "p",
        "param",
        "source",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "track",
        "wbr",
    ]
)
"""What has no end tag, or whose next one ends it."""
_BLOCK: Final = ("\n\n", "\n\n")
_AROUND: Final[dict[str, tuple[str, str]]] = {
    **dict.fromkeys(
        [
            "article",
            "body",
            "dd",
            "div",
            "dl",
            "dt",
            "fieldset",
            "figcaption",
            "figure",
            "main",
            "ol",
            "p",
            "section",
            "table",
            "tbody",
            "tfoot",
            "thead",
            "ul",
        ],
        _BLOCK,
    ),
    **{f"h{level}": (f"\n\n{'#' * level} ", "\n\n") for level in range(1, 7)},
    "blockquote": ("\n\n> ", "\n\n"),
    "br": ("\n", ""),
    "li": ("\n- ", ""),
    "pre": ("\n\n```\n", "\n```\n\n"),
    "td": ("| ", " "),
    "th": ("| ", " "),
    "tr": ("\n", ""),
}
"""What stands before and after an element's text."""


@dataclass(frozen=True, slots=True)
class Article:
    """A page's title and its main text, as Markdown in the plainest form."""

    title: str
    text: str


def extract(html: str) -> Article:
    """Return the article of a page; raise `ActionError` (`page_too_deep`) where reading it would take too long."""
    if _depth(html) > MAX_DEPTH:
        raise ActionError("page_too_deep", f"the page nests more than {MAX_DEPTH:,} elements: it is not read")
    tree = LexborHTMLParser(html)
    title = _title(tree)
    for node in tree.css(_UNSEEN):
        node.decompose()
    main = _main(tree)
    if main is None:
        return Article(title, "")
    written = re.sub(r"\n- \s+", "\n- ", "".join(_written(main)))
    text = "\n\n".join(filter(None, (block.strip() for block in written.split("\n\n"))))
    return Article(title, cleaned(text, len(text) + 1))


def _depth(html: str) -> int:
    """Return about how deep the elements nest, in time that grows with the length alone."""
    depth = most = 0
    for match in _TAG.finditer(html):
        if match[2].lower() in _NEVER_DEEP:
            continue
        depth = max(0, depth - 1) if match[1] else depth + 1
        most = max(most, depth)
    return most


def _title(tree: LexborHTMLParser) -> str:
    for query in ("meta[property='og:title']", "title", "h1"):
        node = tree.css_first(query)
        found = (node.attributes.get("content") or node.text()) if node is not None else ""
        if found and found.strip():
            return one_line(found, 300)
    return ""


def _main(tree: LexborHTMLParser) -> LexborNode | None:
    for query in _MARKED:
        found = max(tree.css(query), key=_length, default=None)
        if found is not None and _length(found) >= MIN_MARKED:
            return found
    body = tree.body
    if body is None:
        return None
    for node in tree.css(_BESIDE):
        node.decompose()
    weights: dict[int, tuple[float, LexborNode]] = {}
    for paragraph in tree.css("p, pre, li, td"):
        own = _length(paragraph) - 2 * sum(_length(link) for link in paragraph.css("a"))
        parent, share = paragraph.parent, 1.0
        for _ in range(2):  # the parent has the text, its own parent half of it
            if parent is None or parent.tag in (None, "html"):
                break
            before = weights.get(parent.mem_id, (0.0, parent))[0]
            weights[parent.mem_id] = (before + own * share, parent)
            parent, share = parent.parent, 0.5
    best, node = max(weights.values(), key=lambda pair: pair[0], default=(0.0, body))
    return node if best >= MIN_MARKED else body


def _length(node: LexborNode) -> int:
    return len(node.text(strip=True))


def _written(start: LexborNode) -> Iterator[str]:
    """Yield a node's text; blocks end with an empty line. Without recursion: pages nest as deep as they like."""
    waiting: list[LexborNode | str] = [start]
    plain = 0
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            plain -= node is _AROUND["pre"][1]
            yield node
            continue
        if node.is_text_node:
            text = node.text_content or ""
            yield text if plain else re.sub(r"\s+", " ", text)
            continue
        tag = node.tag or ""
        before, after = _AROUND.get(tag, ("", ""))
        plain += tag == "pre"
        yield before
        if after:
            waiting.append(after)
        children = list(node.iter(include_text=True))
        waiting.extend(reversed(children))
