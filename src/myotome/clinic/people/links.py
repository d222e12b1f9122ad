"""Links in mails and on phones: signed, revocable, never stored.

A link is the row's id and its `link_version`, signed for one purpose. It carries no time, so that the same link can be
written again for a reminder; raising the version revokes every older link.
"""

from __future__ import annotations

from django.core import signing

from myotome.vocabulary.errors import NotFound


def link_token(purpose: str, pk: int, version: int) -> str:
    """The token of a link for one purpose (`appointment`, `intake`, `measures`)."""
    return signing.Signer(salt=f"myotome.link.{purpose}").sign_object([pk, version])


def read_link(purpose: str, token: str) -> tuple[int, int]:
    """The row's id and link version; the caller compares the version with the row's.

    Raises:
        NotFound: the token was not signed here for this purpose.
    """
    try:
        pk, version = signing.Signer(salt=f"myotome.link.{purpose}").unsign_object(token)
    except (signing.BadSignature, ValueError) as fault:
        raise NotFound("This link does not lead anywhere. Please use the newest link you were sent.") from fault
    return int(pk), int(version)
