"""The collector of cycles rests while a report is at work, and works on after it."""

import gc

import pytest

from gi_tools import reports
from gi_tools.errors import ParseError
from gi_tools.memory import hold_collector
from gi_tools.readers import read


def test_the_collector_rests_and_works_on_after_a_fault():
    with pytest.raises(ValueError), hold_collector():
        assert not gc.isenabled()
        raise ValueError
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off():
    gc.disable()
    try:
        with hold_collector():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_the_collector_rests_while_a_report_is_parsed(monkeypatch):
    seen = []
    plain = reports.to_tokens
    monkeypatch.setattr(
        reports, "to_tokens", lambda doc: seen.append(gc.isenabled()) or plain(doc)
    )
    with pytest.raises(ParseError):
        reports.parse(read("新闻".encode() * 40))
    assert seen == [False] and gc.isenabled()
