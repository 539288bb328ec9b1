"""HTML from notebooks without anything that runs, loads or hides.

Reports also carry a content security policy that lets a browser run nothing but the report's own two scripts and load
nothing at all; this is the layer before it, and the one that holds in mail programs and converters.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import bleach  # type: ignore[import-untyped]

_TEXT = ("a", "abbr", "b", "br", "code", "del", "em", "i", "kbd", "mark", "q", "s", "samp", "small", "span", "strong")
_BLOCKS = ("blockquote", "details", "div", "figcaption", "figure", "hr", "img", "p", "pre", "section", "summary")
_LISTS = ("dd", "dl", "dt", "li", "ol", "ul", "sub", "sup", "u", "var", "h1", "h2", "h3", "h4", "h5", "h6")
_TABLES = ("caption", "col", "colgroup", "table", "tbody", "td", "tfoot", "th", "thead", "tr")
_TAGS = frozenset((*_TEXT, *_BLOCKS, *_LISTS, *_TABLES))
_STYLES = (
    "background-color", "color", "display", "font-size", "font-style", "font-weight", "height", "margin", "max-width",
    "padding", "text-align", "text-decoration", "vertical-align", "white-space", "width",
)  # fmt: skip
_ANYWHERE = frozenset({"class", "style", "title", "id", "dir", "lang"})
_OF_TAG = {
    "td": {"colspan", "rowspan", "headers"},
    "th": {"colspan", "rowspan", "scope", "headers"},
    "col": {"span"},
    "ol": {"start"},
    "img": {"alt", "width", "height"},
    "details": {"open"},
}
_WITH_CONTENT = re.compile(r"<(script|style|template|noscript|title)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+")


def sanitise(markup: str, *, links: bool = False) -> str:
    """Keep what is content; drop scripts, styles, event handlers, forms, frames and everything loaded from elsewhere.

    Parameters
    ----------
    markup : str
        HTML of any origin.
    links : bool
        Whether hyperlinks to the web stay (they load nothing until a reader clicks): for text the authors wrote.

    Returns
    -------
    str
        Well-formed HTML.

    Examples
    --------
    >>> sanitise("<p onclick='steal()'>Hello <script>steal()</script><b>you</b></p>")
    '<p>Hello <b>you</b></p>'
    """
    return str(_cleaner(links).clean(_WITH_CONTENT.sub("", markup)))


@lru_cache(maxsize=2)
def _cleaner(links: bool) -> bleach.Cleaner:
    import bleach
    from bleach.css_sanitizer import CSSSanitizer  # type: ignore[import-untyped]

    def allowed(tag: str, name: str, value: str) -> bool:
        if tag == "a" and name == "href":
            return value.startswith("#") or (links and value.startswith(("https://", "http://")))
        if tag == "img" and name == "src":
            return _IMAGE.fullmatch(value) is not None
        return name in _ANYWHERE or name in _OF_TAG.get(tag, ())

    options: dict[str, Any] = {"tags": _TAGS, "attributes": allowed, "protocols": {"http", "https", "data"}}
    return bleach.Cleaner(css_sanitizer=CSSSanitizer(allowed_css_properties=_STYLES), strip=True, **options)
