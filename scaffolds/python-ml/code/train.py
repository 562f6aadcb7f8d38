#!/usr/bin/env python3
"""Trains a model on the rows to learn from: $PFS/out/model.json."""

import json

from model import pfs, read, train, write_json


def main():
    params = json.loads(pfs("params", "params.json").read_text(encoding="utf-8"))
    write_json(pfs("out", "model.json"), train(read(pfs("split", "learn.csv")), params["neighbours"]))


main()
