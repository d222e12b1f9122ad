"""LOINC codes: the last digit checks the others, so that a slip of a finger is seen."""

from __future__ import annotations

from myotome.vocabulary.errors import InvalidValue


def checked_loinc(text: str) -> str:
    """The code, when its check digit fits (Luhn, as LOINC has it).

    Raises:
        InvalidValue: (field "loinc") not of digits, a hyphen and a check digit, or the check digit is another.

    Source: judgement (the check digit of LOINC is Luhn's)
    Check: tests/unit/followup/test_slots.py
    """
    code = text.strip()
    number, hyphen, check = code.partition("-")
    is_one = hyphen and number.isascii() and number.isdigit() and 1 <= len(number) <= 7 and check.isascii()
    if not (is_one and check.isdigit() and len(check) == 1):
        raise InvalidValue("A LOINC code is digits, a hyphen and one digit, for example 72514-3.", field="loinc")
    if int(check) != check_digit(number):
        raise InvalidValue("{code} is no LOINC code: its last digit does not fit the others.", field="loinc", code=code)
    return code


def check_digit(number: str) -> int:
    """Luhn's digit: every second digit from the right doubled, its digits summed, up to the next ten.

    Source: judgement
    Check: tests/unit/followup/test_slots.py
    """
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10
