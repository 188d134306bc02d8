"""HTML and SVG as trees, which escape what they hold when they are written.

What no document may hold, such as a control character, is shown as a replacement character.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from klimaflow.markup.style import INLINE

__all__ = [
    "Content",
    "Element",
    "element",
    "fragment",
    "page_text",
    "readable",
    "svg_text",
    "xml_text",
]

Content = Element | str | None | Iterable["Content"]
"""What stands in an element: elements and texts in their order; None is nothing."""


def element(tag: str, *content: Content, **attributes: str | float) -> Element:
    """Return an element. An attribute loses a last `_`, and has a `-` for each other."""
    names = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    made = Element(tag, {name: readable(str(value)) for name, value in names.items()})
    for each in content:
        _append(made, each)
    return made


def _append(parent: Element, content: Content) -> None:
    if isinstance(content, str):
        text = readable(content)
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + text
        else:
            parent.text = (parent.text or "") + text
    elif isinstance(content, Element):
        parent.append(content)
    elif content is not None:
        for each in content:
            _append(parent, each)


def readable(text: str) -> str:
    """Return the text with a replacement for each character that no document may hold."""
    return "".join(each if each.isprintable() or each in "\n\t" else "\ufffd" for each in text)


def fragment(root: Element) -> str:
    """Return HTML to be shown within a page that is not ours: each class becomes its own style."""
    for each in root.iter():
        each.attrib.pop("data-column", None)
        if named := each.attrib.pop("class", ""):
            styles = [INLINE[name] for name in named.split() if name in INLINE]
            if styles:
                each.set("style", "; ".join(styles))
    return ElementTree.tostring(root, encoding="unicode", method="html")


def page_text(title: str, lang: str, style: str, *content: Content) -> str:
    """Return a whole HTML page in a language (`en` or `da`). It fetches and runs nothing."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", style),
    )
    page = element("html", head, element("body", *content), lang=lang)
    return "<!DOCTYPE html>\n" + ElementTree.tostring(page, encoding="unicode", method="html")


def svg_text(root: Element) -> str:
    """Return a picture as the text of an SVG document."""
    root.set("xmlns", "http://www.w3.org/2000/svg")
    return ElementTree.tostring(root, encoding="unicode")


def xml_text(root: Element) -> str:
    """Return an XML document, with a line for each element; it is to be kept in UTF-8."""
    ElementTree.indent(root)
    declared = '<?xml version="1.0" encoding="UTF-8"?>'
    return f"{declared}\n{ElementTree.tostring(root, encoding='unicode')}\n"
