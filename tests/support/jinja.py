"""Renders the texts of a JSON list with cookiecutter's own engine: each to its result, or null if it refuses."""

import json
import sys

from cookiecutter.environment import StrictEnvironment

engine = StrictEnvironment(context={}, keep_trailing_newline=True)
asked = json.load(sys.stdin)


def render(text):
    try:
        return engine.from_string(text).render(cookiecutter=asked["answers"])
    except Exception:  # noqa: BLE001 - whatever it refuses is no comparison
        return None


print(json.dumps([render(text) for text in asked["texts"]]))
