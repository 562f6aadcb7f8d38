#!/usr/bin/env python3
"""Holds back every fourth row: $PFS/out/learn.csv and $PFS/out/judge.csv."""

from model import pfs, read, write

HELD_BACK = 4


def main():
    rows = read(pfs("data", "train.csv"))
    write(pfs("out", "learn.csv"), [row for number, row in enumerate(rows) if number % HELD_BACK])
    write(pfs("out", "judge.csv"), [row for number, row in enumerate(rows) if not number % HELD_BACK])


main()
