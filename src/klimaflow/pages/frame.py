"""What the pages share: the frame, the headings and the words."""

from __future__ import annotations

from importlib.resources import files

from klimaflow.markup.elements import Content, Element, element, page_text
from klimaflow.phrases import label

__all__ = ["facts", "framed", "notice", "scrolled", "section", "word"]


def word(name: str, lang: str, *values: object) -> str:
    """Return a word of the pages, with its values."""
    return label("pages", name, lang).format(*values)


def framed(
    title: str, above: str, lead: Content, sections: list[Element], foot: list[str], lang: str
) -> str:
    """Return a whole page: what stands above its title and below it, its sections, its foot."""
    style = files("klimaflow").joinpath("pages/page.css").read_text("utf-8")
    header = element("header", element("p", above, class_="above"), element("h1", title), lead)
    contents = [
        element("li", element("a", each.findtext("h2"), href=f"#{each.get('id')}"))
        for each in sections
    ]
    return page_text(
        title,
        lang,
        style,
        element("a", word("skip", lang), href="#main", class_="skip"),
        header,
        element("nav", element("ul", contents), aria_label=word("contents", lang)),
        element("main", sections, id="main"),
        element("footer", [element("p", each) for each in foot]),
    )


def section(name: str, lang: str, *content: Content) -> Element:
    """Return a section with its heading; `name` is that of its words and its anchor."""
    heading = element("h2", word(name, lang), id=f"{name}-title")
    return element("section", heading, *content, id=name, aria_labelledby=f"{name}-title")


def facts(*pairs: tuple[str, Content]) -> Element:
    """Return names with what is to be said of each; a name without anything is left out."""
    shown = [(name, said) for name, said in pairs if said]
    return element(
        "dl",
        [element("div", element("dt", name), element("dd", said)) for name, said in shown],
        class_="facts",
    )


def notice(look: str, *content: Content) -> Element:
    """Return a sentence that stands out: `good`, `bad` or `calm`."""
    return element("p", *content, class_=f"notice {look}")


def scrolled(picture: Element, name: str) -> Element:
    """Return a wide picture in a frame of its own, to be scrolled on a narrow page."""
    return element("figure", picture, class_="wide", tabindex=0, aria_label=name)
