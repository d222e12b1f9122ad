"""The page about commands names every key and option that they read."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import pytest

from myotome.cli import recovery
from myotome.science.followup import course, policies
from myotome.science.followup.answer import forecast_answer

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "recovery-commands.md").read_text()


def part_about(command: str) -> str:
    return next(part for part in PAGE.split("\n## ") if part.startswith(f"`myotome {command}"))


def options_of(command: str) -> set[str]:
    commands = argparse.ArgumentParser().add_subparsers()
    recovery.add_to(commands)
    found = {option for action in commands.choices[command]._actions for option in action.option_strings}
    return found - {"-h", "--help", "--json"}


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("forecast", course.KEYS | course.VISIT_KEYS),
        ("simulate", policies.PLAN_KEYS | policies.POLICY_KEYS | policies.MIX_KEYS),
        ("validate-recovery", options_of("validate-recovery")),
    ],
)
def test_every_key_and_option_is_told_of(command, names):
    told = set(re.findall(r"`([^`]+)`", part_about(command)))
    assert len(names) > 5
    assert sorted(names - told) == []


def test_its_example_is_a_course():
    example = re.search(r"\n    (\{.*?\})\n\n", part_about("forecast"), re.DOTALL)
    assert example is not None
    assert forecast_answer(json.loads(example[1]))["warnings"] == []
