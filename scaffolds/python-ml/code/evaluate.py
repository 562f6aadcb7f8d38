#!/usr/bin/env python3
"""Counts how often a model is right about rows that were held back: $PFS/out/score.json."""

import json

from model import LABEL, pfs, predict, read, write_json


def main():
    model = json.loads(pfs("model", "model.json").read_text(encoding="utf-8"))
    rows = read(pfs("split", "judge.csv"))
    right = sum(predict(model, row) == row[LABEL] for row in rows)
    write_json(pfs("out", "score.json"), {"right": right, "rows": len(rows), "neighbours": model["neighbours"]})


main()
