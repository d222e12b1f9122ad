"""Sentences that the pure floors say to people, kept so that a face can say them in the reader's language.

A rule raises or returns an English sentence with named places, `Sentence("Reviews are at visits 1 to {n}.", n=8)`. It is
a `str` and reads as English everywhere; `in_readers_language` translates the sentence first and fills the places
then, with whatever translation the house has given to `speak_through` at its start (none: English). A template that
shows a `Sentence` shows it in the reader's language; what cuts or joins it as plain text loses that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from html import escape
from typing import Any, Self

_spoken: list[Callable[[str], str]] = [str]
_days: list[Callable[[date], str]] = [date.isoformat]


class Sentence(str):
    """An English sentence, its places filled, that remembers the words (`words`) and what filled them (`values`)."""

    words: str
    values: dict[str, Any]

    def __new__(cls, words: str, **values: Any) -> Self:
        """`words` is filled by `str.format` where there are values; without any, braces stand for themselves."""
        made = super().__new__(cls, words.format(**values) if values else words)
        made.words, made.values = words, values
        return made

    def __html__(self) -> str:
        """How a page shows it: in the reader's language, escaped. Templates of every kind ask for this by itself."""
        return escape(in_readers_language(self))

    def filled(self, **values: Any) -> Self:
        """The same sentence with its places filled."""
        return type(self)(self.words, **self.values, **values)

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        """So that an error which crosses a process arrives with its places."""
        return (self.words,), self.values


def as_kept(sentence: str) -> dict[str, Any]:
    """The sentence as plain JSON: its words with what fills them where that is text and whole numbers, else as it reads."""
    values = sentence.values if isinstance(sentence, Sentence) else {}
    if any(type(value) not in (str, int) for value in values.values()):
        return {"words": str(sentence), "values": {}}
    return {"words": sentence.words if isinstance(sentence, Sentence) else sentence, "values": dict(values)}


def from_kept(kept: dict[str, Any] | None) -> Sentence | None:
    """The sentence that was kept; None where nothing was."""
    return Sentence(kept["words"], **kept["values"]) if kept else None


def joined(sentences: Sequence[str], by: str = "; ") -> str:
    """Some sentences as one, each translated by itself; empty for none."""
    if not sentences:
        return ""
    places = {f"part_{number}": sentence for number, sentence in enumerate(sentences)}
    return Sentence(by.join(f"{{{name}}}" for name in places), **places)


class _Day(date):
    """A day in a sentence that is shown: said as the house says days, unless the sentence asks for a form of its own."""

    def __format__(self, form: str) -> str:
        return super().__format__(form) if form else _days[0](self)


def speak_through(translate: Callable[[str], str]) -> None:
    """From now on `in_readers_language` asks `translate`; the house calls this once, at its start."""
    _spoken[0] = translate


def say_days_by(say: Callable[[date], str]) -> None:
    """From now on days in sentences that are shown are said by `say` (until then as 2026-11-24); called at the start too."""
    _days[0] = say


def _as_shown(value: Any) -> Any:
    """What fills a place: a sentence in the reader's language, a day as the house says it, all else as it is."""
    if isinstance(value, Sentence):
        return in_readers_language(value)
    return _Day(value.year, value.month, value.day) if type(value) is date else value


def in_readers_language(sentence: str) -> str:
    """The sentence as this reader reads it: translated, its places filled, sentences within it likewise."""
    if not isinstance(sentence, Sentence):
        return _spoken[0](sentence) if sentence else sentence
    values = {name: _as_shown(value) for name, value in sentence.values.items()}
    words = _spoken[0](sentence.words)
    return words.format(**values) if values else words
