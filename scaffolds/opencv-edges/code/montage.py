#!/usr/bin/env python3
"""Puts every image beside its edges, one below the other: $PFS/out/montage.pgm."""

import os
from pathlib import Path

import pnm


def main():
    pfs = Path(os.environ.get("PFS", "/pfs"))
    rows = []
    for image in sorted((pfs / "images").glob("*.pgm")):
        edges = pnm.read(pfs / "edges" / image.stem / "edges.pgm")
        rows += [left + right for left, right in zip(pnm.read(image), edges)]
    width = max(len(row) for row in rows)
    pnm.write(pfs / "out" / "montage.pgm", [row + [0] * (width - len(row)) for row in rows])


main()
