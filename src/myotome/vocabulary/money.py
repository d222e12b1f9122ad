"""Words of money at the desk: whole cents, ways to pay, kinds of documents, and what must never be written down.

An amount is a whole number of cents in the currency of its clinic; nothing here is ever a float. A card number is not
stored anywhere: `check_no_card_number` refuses a text that holds one, however it was spaced.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from myotome.vocabulary.errors import InvalidValue, MyotomeError

MOST_CENTS = 10_000_000
"""No single document says more than 100,000.00."""
WHOLE_RATE = 100_000
"""A tax rate is in hundred-thousandths, so that 9.975 % is the whole number 9975."""


class CardNumberRefused(MyotomeError):
    """A text holds what looks like the number of a payment card."""

    slug = "card-number-refused"


class DayClosed(MyotomeError):
    """The day is closed; nothing more is written into it."""

    slug = "day-closed"
    http_status = 409


class AlreadyCharged(MyotomeError):
    """This visit is charged already."""

    slug = "already-charged"
    http_status = 409


class NotOwed(MyotomeError):
    """So much is not owed, or was not paid: somebody else may have been first."""

    slug = "not-owed"
    http_status = 409


class PaymentMethod(StrEnum):
    """How money came in or went back."""

    CASH = "cash"
    DEBIT = "debit"
    CREDIT_TERMINAL = "credit_terminal"
    E_TRANSFER = "e_transfer"
    CHEQUE = "cheque"
    INSURER_DIRECT = "insurer_direct"


class DocumentKind(StrEnum):
    """What a numbered document says: money came in, or money went back."""

    RECEIPT = "receipt"
    REFUND = "refund"


class ChargeKind(StrEnum):
    """What is owed: a visit, a fee for one that was not kept, or less than before (a charge taken back)."""

    VISIT = "visit"
    NO_SHOW = "no_show"
    TAKEN_BACK = "taken_back"


class TaxKind(StrEnum):
    """How a service is taxed. Exempt and zero-rated both come to nothing, and are said apart on the receipt."""

    EXEMPT = "exempt"
    ZERO = "zero"
    RATED = "rated"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tax:
    """How something is taxed: a kind, and where it is rated one or two taxes by name and rate, both on the price alone.

    A `rate` is in hundred-thousandths; without a second tax its name is empty and its rate 0.
    """

    kind: TaxKind = TaxKind.EXEMPT
    name: str = ""
    rate: int = 0
    second_name: str = ""
    second_rate: int = 0

    @property
    def rates(self) -> tuple[int, int]:
        """Of both."""
        return self.rate, self.second_rate


class Insurance(StrEnum):
    """Who stands behind a charge besides the patient."""

    NONE = "none"
    EXTENDED_HEALTH = "extended_health"
    WORKERS_COMPENSATION = "workers_compensation"
    AUTO = "auto"


MOST_READ = 20_000
"""No column of a text holds more; what is longer is refused for its length."""
MOST_IN_ONE_GROUP = 80
_AMOUNT = re.compile(r"(\d{1,3}(?:[ ,]\d{3})+|\d+)(?:[.,](\d{1,2}))?")


def cents_in(text: str, *, field: str) -> int:
    """The cents of an amount as a person types it: `95`, `95.00`, `$95.50`, `1,250.00`, `92,50`.

    Raises:
        InvalidValue: no amount, a sign, more than two decimals, or more than 100,000.00.
    """
    plain = text.strip().removeprefix("$").removesuffix("$").replace("\u00a0", " ").replace("\u202f", " ").strip()
    found = _AMOUNT.fullmatch(plain) if plain.isascii() else None
    if found is None:
        raise InvalidValue("An amount is written as 95 or 95.00.", field=field)
    whole, decimals = re.sub(r"[ ,]", "", found[1]), found[2] or ""
    if len(whole) > 9 or (cents := int(whole) * 100 + int(decimals.ljust(2, "0"))) > MOST_CENTS:
        raise InvalidValue("This is more than 100,000.00. Is it right?", field=field)
    return cents


def rate_in(text: str, *, field: str) -> int:
    """A tax rate in hundred-thousandths as typed in per cent: `5`, `13`, `9.975`.

    Raises:
        InvalidValue: none, or not between 0 and 50 per cent.
    """
    plain = text.strip().removesuffix("%").strip().replace(",", ".")
    if not plain.isascii() or not re.fullmatch(r"\d{1,2}(\.\d{1,3})?", plain):
        raise InvalidValue("A rate is written in per cent, as 5 or 9.975.", field=field)
    whole, _, decimals = plain.partition(".")
    rate = int(whole) * 1000 + int(decimals.ljust(3, "0"))
    if rate > WHOLE_RATE // 2:
        raise InvalidValue("A rate is at most 50 per cent.", field=field)
    return rate


def check_no_card_number(text: str, *, field: str) -> None:
    """Nothing, when `holds_card_number` is false.

    Raises:
        CardNumberRefused: it holds one.
    """
    if holds_card_number(text):
        raise CardNumberRefused(
            "This looks like the number of a payment card. Card numbers are never kept here: please delete it. "
            "A claim number that is taken for one can be written without its last digit.",
            field=field,
        )


def holds_card_number(text: str) -> bool:
    """True when the text holds a number that could be a payment card's.

    Such a number has 13 to 19 digits, begins with 2 to 6 (ISO/IEC 7812: banks and merchants) and ends with its Luhn
    digit; spaces, dashes and the like within it do not hide it, nor do digits of another script.
    """
    return any(_could_be_a_card(digits) for digits in _runs(text))


def passes_luhn(digits: str) -> bool:
    """True when the last digit is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def _could_be_a_card(digits: str) -> bool:
    return 13 <= len(digits) <= 19 and digits[0] in "23456" and passes_luhn(digits)


def _runs(text: str) -> Iterator[str]:
    """Every stretch of 13 to 19 digits that begins and ends with a group of digits, or lies within one long group."""
    text = text[:MOST_READ]
    if sum(c.isdigit() for c in text) < 13:
        return
    plain = "".join(str(unicodedata.digit(c, c)) if c.isdigit() else c for c in text)
    for line in re.split(r"[^\W\d_]|[,;()\n]|[\W_]{4,}", plain):
        groups = re.findall(r"[0-9]+", line)
        for first, group in enumerate(groups):
            digits = ""
            for part in groups[first:]:
                digits += part
                if len(digits) > 19:
                    break
                yield digits
            if len(group) > 19:
                group = group[:MOST_IN_ONE_GROUP]
                yield from (group[i : i + n] for n in range(13, 20) for i in range(len(group) - n + 1))


def amount_words(cents: int, currency: str) -> str:
    """An amount as a sentence says it: `95.00 CAD`."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d} {currency}"


def plain_amount(cents: int) -> str:
    """An amount as a form holds it: `95.00`."""
    return f"{cents // 100}.{cents % 100:02d}"


def plain_rate(rate: int) -> str:
    """A rate in per cent as a form holds it: `5`, `9.975`."""
    return f"{rate // 1000}.{rate % 1000:03d}".rstrip("0").rstrip(".")
