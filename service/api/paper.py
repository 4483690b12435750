"""Pages for printing: HTML without scripts, in which nothing that somebody wrote is ever markup."""

from base64 import b64encode
from hashlib import sha256
from html import escape
from typing import Any

from service.domain.values import Language
from service.domain.words import Saying

STYLE = """
body { font: 11pt/1.45 sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; color: #000; background: #fff }
h1 { font-size: 1.5em } h2 { font-size: 1.2em; margin-top: 1.6em } h3 { font-size: 1.05em }
table { border-collapse: collapse; width: 100% } caption { text-align: left; font-weight: bold }
th, td { text-align: left; vertical-align: top; border: 1px solid #666; padding: .3em .5em }
dt { font-weight: bold } dd { margin: 0 0 .6em } blockquote, .said { white-space: pre-wrap; margin: .3em 0 }
.signature { margin-top: 3.5em; border-top: 1px solid #000; max-width: 22rem; padding-top: .2em }
@media print {
  body { margin: 0; max-width: none } h2, h3 { break-after: avoid } tr, li, .signature { break-inside: avoid }
}
@page { size: A4; margin: 2cm }
"""
_DIGEST = b64encode(sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Markup(str):
    """What is markup already. Any other text is escaped where it is put into an element."""

    __slots__ = ()


def element(name: str, *content: str | None, **attributes: str) -> Markup:
    """An element with its content in order; null is left out. `class_` is the attribute `class`."""
    said = "".join(f' {each.rstrip("_")}="{escape(value)}"' for each, value in attributes.items())
    return Markup(f"<{name}{said}>{joined(*content)}</{name}>")


def joined(*content: str | None) -> Markup:
    parts = (each if isinstance(each, Markup) else escape(each) for each in content if each is not None)
    return Markup("".join(parts))


def listed(name: str, entries: "list[Markup]") -> Markup | None:
    return element(name, *(element("li", each) for each in entries)) if entries else None


def told(facts: "list[tuple[str, Any]]") -> Markup:
    """Facts with their names; those that are not there are left out."""
    pairs = ((element("dt", name), element("dd", str(value), class_="said")) for name, value in facts if value)
    return element("dl", *(part for pair in pairs for part in pair))


def table(caption: str, head: "list[str]", rows: "list[list[str | None]]") -> Markup:
    names = element("tr", *(element("th", each, scope="col") for each in head))
    lines = (element("tr", *(element("td", each or "") for each in row)) for row in rows)
    return element("table", element("caption", caption), element("thead", names), element("tbody", *lines))


def signatures(people: "list[str]") -> Markup:
    return joined(*(element("p", each, class_="signature") for each in people))


def page(title: Saying, language: Language, *content: str | None) -> bytes:
    """The whole page, in a language that browsers and screen readers are told (BCP 47)."""
    head = joined(
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width">'),
        element("title", title[language]),
        element("style", Markup(STYLE)),
    )
    body = element("body", element("main", element("h1", title[language]), *content))
    return b"<!doctype html>" + element("html", element("head", head), body, lang=language.value).encode()
