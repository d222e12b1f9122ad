"""The summary of what was refused, above the part of a page that it is about, with a link that leads somewhere."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.base import Node, NodeList, Parser, Token
from django.utils.safestring import SafeString

from myotome.pages.needling.wrong_fields import first_of

register = template.Library()


class SummaryAbove(Node):
    """Draws what it holds, and above it the summary of `error`, with a link to the first of `wrong_at` that it drew."""

    def __init__(self, below: NodeList) -> None:
        self.nodelist = below

    def render(self, context: Any) -> SafeString:
        """The part of the page; the summary above it when there is an error that does not stand at the line."""
        html: SafeString = self.nodelist.render(context)
        error = context.get("error")
        if not error or error.field == "line":
            return html
        with context.push(field_id=first_of(context.get("wrong_at", ()), html)):
            summary = context.template.engine.get_template("needling/summary.html").render(context)
        return summary + html


@register.tag
def summary_above(parser: Parser, token: Token) -> SummaryAbove:
    """`{% summary_above %} ... {% end_summary_above %}`."""
    below = parser.parse(("end_summary_above",))
    parser.delete_first_token()
    return SummaryAbove(below)
