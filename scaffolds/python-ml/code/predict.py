#!/usr/bin/env python3
"""Adds the kind that a model takes each new row for: $PFS/out/predicted.csv."""

import json

from model import LABEL, pfs, predict, read, write


def main():
    model = json.loads(pfs("model", "model.json").read_text(encoding="utf-8"))
    rows = read(pfs("new", "new.csv"))
    write(pfs("out", "predicted.csv"), [{**row, LABEL: predict(model, row)} for row in rows])


main()
