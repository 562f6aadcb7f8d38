"""Grey images in the text form of PGM: lists of rows, each a list of numbers from 0 to 255."""


def read(path):
    """The rows of an image."""
    with open(path, encoding="ascii") as file:
        words = [word for line in file for word in line.split("#", 1)[0].split()]
    if words[:1] != ["P2"]:
        raise SystemExit(f"{path}: not a PGM image in text form (it must begin with P2)")
    width, height, most = (int(word) for word in words[1:4])
    values = [int(word) * 255 // most for word in words[4:]]
    if len(values) != width * height:
        raise SystemExit(f"{path}: announces {width * height} pixels and holds {len(values)}")
    return [values[start : start + width] for start in range(0, len(values), width)]


def write(path, rows):
    """Writes an image."""
    with open(path, "w", encoding="ascii") as file:
        file.write(f"P2\n{len(rows[0])} {len(rows)}\n255\n")
        for row in rows:
            file.write(" ".join(str(value) for value in row) + "\n")
