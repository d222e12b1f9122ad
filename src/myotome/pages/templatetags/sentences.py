"""Sentences of the pure floors in templates that go on working with the text."""

from __future__ import annotations

from django import template

from myotome.vocabulary.sentences import in_readers_language

register = template.Library()


@register.filter
def said(sentence: str) -> str:
    """The sentence in the reader's language, for a filter that follows; alone, `{{ sentence }}` is enough."""
    return in_readers_language(sentence)
