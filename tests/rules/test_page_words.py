"""Every word of a page that a rider, a member or a customer reads is said, so that each language has it."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import jinja2
import pytest
from jinja2 import nodes

import dispatch.web
import riders_app.web

OURS = Path(riders_app.web.__file__).parent / "templates"
THEIRS = Path(dispatch.web.__file__).parent / "templates"
# Parts of the desk's and the restaurants' pages that stand beside the shared ones.
AT_WORK = {"_money.html", "_order_fields.html", "_order_state.html", "_payments.html", "_settlement.html"}
PAGES = sorted(
    [
        *OURS.glob("rider/*.html"),
        *OURS.glob("member/*.html"),
        *(page for page in THEIRS.glob("*.html") if page.name not in AT_WORK),
    ]
)
SAME = {"Pannier", "PDF", "km", "min", "h", "Stripe"}
"""What every language writes so."""
READ = {"alt", "aria-label", "aria-description", "placeholder", "title", "data-label"}
CLASSES = {"second wide", "danger wide"}
SOMETHING = "\0"


class _Words(HTMLParser):
    """The words somebody reads or hears of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in READ]

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def _read(template: nodes.Template) -> Iterator[str]:
    """What stands on the page itself, in whichever branch; SOMETHING where a value goes."""
    reader = _Words()
    for each in template.find_all(nodes.Output):
        for part in each.nodes:
            reader.feed(part.data if isinstance(part, nodes.TemplateData) else SOMETHING)
    reader.close()
    yield from reader.found


def _unsaid(node: nodes.Node) -> Iterator[str]:
    """Strings of the template's own code that are no part of what is said, and look like words."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name == "say":
        for fact in node.kwargs:
            yield from _unsaid(fact)
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    for child in node.iter_child_nodes():
        yield from _unsaid(child)


def _words(text: str) -> bool:
    text = re.sub(r'<\w+|[\w-]+="[^"]*"?', "", text)  # parts of a tag that is put together from pieces
    return any(word not in SAME for word in re.findall(r"[^\W\d_]{2,}|\bI\b", text))


def _reads_as_words(text: str) -> bool:
    if text in CLASSES or text.startswith(("/", "%")) or re.search(r"[{}<>=]|\.html$", text):
        return False
    sentence = bool(re.search(r"\w \w", text)) or bool(re.match(r"[A-Z][a-z]", text))
    return sentence and _words(text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.name}")
def test_no_word_stands_on_a_page_unsaid(page: Path) -> None:
    """Text, labels and titles of the page, and strings handed to its macros, all go through `say`."""
    parsed = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, autoescape=True).parse(page.read_text())
    assert [text for text in _read(parsed) if _words(text)] == []
    assert [text for text in _unsaid(parsed) if _reads_as_words(text)] == []


def test_the_reader_finds_what_is_not_said() -> None:
    """A word in text, in a label, in a branch or handed to a macro is found; what is said is not."""
    told = '{% if a %}<p title="Hello">{{ m.field("x", "Your name", "x") }}{{ say("Said") }} there</p>{% endif %}'
    parsed = jinja2.Environment(autoescape=True).parse(told)
    assert [text.strip(f" {SOMETHING}") for text in _read(parsed) if _words(text)] == ["Hello", "there"]
    assert [text for text in _unsaid(parsed) if _reads_as_words(text)] == ["Your name"]
