#!/usr/bin/env python3
"""Finds the edges of one image: $PFS/images/images.pgm to $PFS/out/edges.pgm."""

import os

import pnm

try:
    import cv2
    import numpy
except ImportError:
    cv2 = None


def sobel(rows):
    """How much brightness changes at each pixel; the border has no edges."""
    height, width = len(rows), len(rows[0])
    edges = [[0] * width for _ in rows]
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            above, here, below = rows[y - 1], rows[y], rows[y + 1]
            across = above[x + 1] + 2 * here[x + 1] + below[x + 1] - above[x - 1] - 2 * here[x - 1] - below[x - 1]
            down = below[x - 1] + 2 * below[x] + below[x + 1] - above[x - 1] - 2 * above[x] - above[x + 1]
            edges[y][x] = min(255, abs(across) + abs(down))
    return edges


def canny(rows):
    """The same question, answered by OpenCV."""
    return cv2.Canny(numpy.array(rows, dtype="uint8"), 100, 200).tolist()


def main():
    pfs = os.environ.get("PFS", "/pfs")
    rows = pnm.read(f"{pfs}/images/images.pgm")
    find, how = (sobel, "Sobel in plain Python") if cv2 is None else (canny, f"Canny of OpenCV {cv2.__version__}")
    pnm.write(f"{pfs}/out/edges.pgm", find(rows))
    with open(f"{pfs}/out/how.txt", "w", encoding="utf-8") as file:
        file.write(how + "\n")


main()
