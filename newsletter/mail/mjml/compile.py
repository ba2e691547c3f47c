"""
Compile MJML to HTML with mrml, and add what mrml omits. It runs inside the sandbox, after the
template and before `inline_css`; `parse` has already checked the document.

mrml only receives the elements. The content of `mj-text` and similar elements is inserted
afterwards as it was written, because mrml would close, join and rewrite parts of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import html
import re
from collections import Counter

from newsletter.mail.mjml.elements import Holds, MjmlError
from newsletter.mail.mjml.parse import Element, every_element, parse_mjml

# If it is not installed, `templating.files` refuses every MJML template.
with contextlib.suppress(ImportError):
    import mrml

_DOCTYPE = re.compile(r"<!doctype html>\s*", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
# A style element with a media attribute stays as it is.
_STYLE_OR_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<style\b(?! media=)", re.DOTALL)
_PREVIEW = re.compile(r'<body\b[^<>]*><div(?= style="display:none)')
# mrml writes `vertical-align` and `height="auto"` as in CSS; neither is a valid HTML attribute.
_VALIGN = re.compile(r"(<td\b[^<>]*? )vertical-align(?==)")
_NOT_PLAIN = re.compile(r'[^ -~]|["\\<>]')
_MARK = re.compile(r"NL[0-9a-f]{12}[0-9]+X")


def compile_mjml(source: str, *, lang: str, dir: str, title: str) -> str:
    """
    Compile *source* to a whole HTML document; *lang*, *dir* and *title* are its defaults.

    `<mj-style inline="inline">` becomes the style block to inline; all other styles are marked to
    stay as they are.

    Raises:
        MjmlError: the document is not valid; the message says what is wrong and where.
    """
    root = parse_mjml(source)
    # A digest of the whole content, which cannot occur in the content.
    placeholder = "MJ" + hashlib.sha256(source.encode()).hexdigest()[:16]
    completed = _completed(root, lang=lang, dir=dir, title=title)
    skeleton = _skeleton(completed, placeholder)
    compiled = _DOCTYPE.sub("<!DOCTYPE html>\n", _render(skeleton), count=1)
    compiled = _PREVIEW.sub(lambda match: match[0] + _language(completed), compiled, count=1)
    compiled = _VALIGN.sub(r"\1valign", compiled).replace(' height="auto"', "")
    compiled = _STYLE_OR_COMMENT.sub(_ignored, compiled)
    compiled = compiled.replace("</head>", f"{_own_styles(root)}</head>", 1)
    _check_marks(skeleton, compiled)
    return _fill_contents(compiled, root, placeholder)


def warm_up() -> None:
    """
    Compile a small document, if mrml is installed, so that it is loaded.
    """
    if "mrml" in globals():
        compile_mjml(
            "<mjml><mj-body><mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section>"
            "</mj-body></mjml>",
            lang="en",
            dir="ltr",
            title="x",
        )


def _completed(root: Element, *, lang: str, dir: str, title: str) -> Element:
    """
    Return *root* with a language, a direction and a title, and without its own styles.
    """
    head = [child for part in root.children if part.name == "mj-head" for child in part.children]
    head_elements = [child for child in head if child.holds is not Holds.CSS]
    if not any(child.name == "mj-title" and child.content.strip() for child in head_elements):
        head_elements = [child for child in head_elements if child.name != "mj-title"]
        head_elements.append(Element("mj-title", Holds.TEXT, content=html.escape(title)))
    body = [part for part in root.children if part.name != "mj-head"]
    attributes = {"lang": lang, "dir": dir} | root.attributes
    children = [Element("mj-head", Holds.ELEMENTS, children=head_elements), *body]
    return Element("mjml", Holds.ELEMENTS, root.place, attributes, children=children)


def _skeleton(element: Element, placeholder: str) -> str:
    """
    Write *element* for mrml, with *placeholder* and the element's place instead of HTML.
    """
    attributes = [f' {name}="{_ascii(value)}"' for name, value in element.attributes.items()]
    inside = "".join(_skeleton(child, placeholder) for child in element.children)
    if element.holds is Holds.HTML:
        inside = f"{placeholder}N{element.place}X"
    elif element.holds is Holds.TEXT:
        inside = _ascii(element.content)
    return f"<{element.name}{''.join(attributes)}>{inside}</{element.name}>"


def _ascii(value: str) -> str:
    """
    Write *value* in characters that mrml does not change.

    mrml writes attributes and the title with Rust's escapes (`\\"`, `\\u{200f}`), which mail
    programs do not understand.
    """
    one_line = value.replace("\n", " ")
    return _NOT_PLAIN.sub(lambda match: f"&#{ord(match[0])};", one_line)


def _render(skeleton: str) -> str:
    try:
        return mrml.to_html(
            skeleton,
            mrml.ParserOptions(include_loader=mrml.noop_loader()),
            # Without this, mails would load mrml's own list of fonts from third-party servers.
            mrml.RenderOptions(fonts={}),
        ).content
    except OSError as error:
        raise MjmlError(f"mrml cannot parse it: {error}") from None


def _ignored(match: re.Match[str]) -> str:
    is_style = not match[0].startswith("<!--")
    return f'{match[0]} data-premailer="ignore"' if is_style else match[0]


def _own_styles(root: Element) -> str:
    """
    Return the document's own styles as two blocks: one to inline, and one to keep.
    """
    styles = [element for element in every_element(root) if element.name == "mj-style"]
    to_inline = "\n".join(_css(s) for s in styles if s.attributes.get("inline") == "inline")
    to_keep = "\n".join(_css(s) for s in styles if s.attributes.get("inline") != "inline")
    inlined = f"<style>{to_inline}</style>\n" if to_inline.strip() else ""
    ignored_block = f'<style data-premailer="ignore">{to_keep}</style>\n' if to_keep.strip() else ""
    return f"\n{inlined}{ignored_block}"


def _css(style: Element) -> str:
    """
    Return the CSS of *style*. Jinja escaped the quotes of font names as `&#39;`, which HTML does
    not decode in a style element.
    """
    css = html.unescape(style.content)
    if "<" in css:
        raise MjmlError("<mj-style> may contain only CSS, without <", style.place)
    return css


def _language(root: Element) -> str:
    """
    Return the `lang` and `dir` attributes for the preview.

    Mail programs drop `<html>`, and mrml sets the language on the `<div>` around the mail but not
    on the preview before it.
    """
    return "".join(f' {name}="{_ascii(root.attributes[name])}"' for name in ("lang", "dir"))


def _check_marks(skeleton: str, compiled: str) -> None:
    """
    Check that every merge field in an attribute is in the HTML.

    mrml may write one twice (for Outlook), and omits attributes that have no effect.
    """
    lost = Counter(_MARK.findall(skeleton)) - Counter(_MARK.findall(compiled))
    if lost:
        raise MjmlError("mrml lost a merge field; is it in an attribute of <mj-attributes>?")


def _fill_contents(compiled: str, root: Element, placeholder: str) -> str:
    """
    Insert each content in place of its placeholder.

    Outside of comments, which only Outlook reads, each placeholder must occur once.
    """
    contents = {e.place: e for e in every_element(root) if e.holds is Holds.HTML}
    pattern = re.compile(f"{placeholder}N([0-9]+)X")
    found = Counter(int(place) for place in pattern.findall(_COMMENT.sub("", compiled)))
    for place, element in contents.items():
        if found[place] != 1:
            raise MjmlError(f"mrml lost or duplicated the content of <{element.name}>", place)
    parts: list[str] = pattern.split(compiled)
    parts[1::2] = [contents[int(place)].content for place in parts[1::2]]
    return "".join(parts)
