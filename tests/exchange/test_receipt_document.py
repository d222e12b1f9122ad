"""A receipt is kept as plain JSON and comes back as the same value."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myotome.exchange.receipts.document import Document, as_kept, from_kept


@given(st.builds(Document))
def test_what_is_kept_comes_back_the_same(document):
    assert from_kept(json.loads(json.dumps(as_kept(document)))) == document


def test_what_is_something_else_is_refused():
    with pytest.raises(ValueError, match="not a kept receipt"):
        from_kept({"format": "myotome-record/1"})
