"""The consent texts of a page: which are asked for, and which of them were ticked in the version that was shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from myotome.knowledge.consents import ConsentText, consent_for, consent_text
from myotome.science.needling.consents import NeededConsent
from myotome.vocabulary.errors import InvalidValue


def text_of(needed: NeededConsent, mode: str, language: str) -> ConsentText:
    """The newest text for this yes; for the course it is that of its treatment."""
    return consent_for(needed.kind, mode if needed.kind == "course" else needed.subject, language=language)


def texts_of(needed: Iterable[NeededConsent], mode: str, language: str) -> list[ConsentText]:
    """The newest text for each yes."""
    return [text_of(one, mode, language) for one in needed]


def texts_ticked(ticked: Sequence[str]) -> list[ConsentText]:
    """The texts behind the ticks, each `id@version@language` as the page showed it.

    Raises:
        InvalidValue: nothing is ticked, or there is no such text or version.
    """
    if not ticked:
        raise InvalidValue(_("Tick what she has understood and agreed to."), field="yes")
    return [_text_shown(said) for said in ticked]


def _text_shown(said: str) -> ConsentText:
    text_id, version, language = [*said.split("@"), "", ""][:3]
    try:
        return consent_text(text_id, version, language=language)
    except KeyError as fault:
        raise InvalidValue("There is no such consent text.", field="yes") from fault
