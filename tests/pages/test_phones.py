"""What is dialled of a number as a clinic writes it."""

import pytest

from myotome.pages.templatetags.phones import dialled


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("988", "988"),
        ("+1 604 555 0100", "+16045550100"),
        ("(604) 555-0100", "6045550100"),
        ("1 (800) 273-8255", "18002738255"),
        ("1-800-273-8255 (24/7)", "18002738255"),
        ("Talk Suicide 988", "988"),
        ("604 555 0100 ext. 3", "6045550100"),
        ("the nearest ward", ""),
        ("", ""),
    ],
)
def test_dialled(written, number):
    assert dialled(written) == number
