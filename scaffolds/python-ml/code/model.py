"""The model: the nearest known rows vote. And tables, as lists of rows by column."""

import csv
import json
import os
from pathlib import Path

FEATURES = ["width", "height"]
LABEL = "kind"


def pfs(*parts):
    """A path among the inputs and outputs of a datum."""
    return Path(os.environ.get("PFS", "/pfs"), *parts)


def read(path):
    """The rows of a table."""
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(path, rows):
    """Writes a table that has rows."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def write_json(path, value):
    """Writes a value so that equal values are equal bytes."""
    Path(path).write_text(json.dumps(value, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def train(rows, neighbours):
    """A model that knows these rows."""
    known = [[[float(row[name]) for name in FEATURES], row[LABEL]] for row in rows]
    return {"neighbours": neighbours, "known": known}


def predict(model, row):
    """The kind of a row: most votes among the nearest, ties by name."""
    here = [float(row[name]) for name in FEATURES]
    distance = lambda known: sum((a - b) ** 2 for a, b in zip(known[0], here))
    nearest = sorted(model["known"], key=distance)[: model["neighbours"]]
    votes = {}
    for _, label in nearest:
        votes[label] = votes.get(label, 0) + 1
    return min(votes, key=lambda label: (-votes[label], label))
