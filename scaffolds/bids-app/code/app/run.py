#!/usr/bin/env python3
"""STAND-IN for a BIDS App: it takes the arguments that such apps share and counts voxels. The numbers mean nothing."""

import argparse
import csv
import gzip
import json
import struct
from pathlib import Path

MARK = "STAND-IN: written by code/app/run.py, not by a real BIDS App; the numbers mean nothing"


def voxels(path):
    """The voxels of a NIfTI image of bytes, and the volume of one in cubic millimetres."""
    with gzip.open(path) as file:
        data = file.read()
    if len(data) < 352 or data[344:347] != b"n+1" or struct.unpack_from("<h", data, 70)[0] != 2:
        raise SystemExit(f"{path}: no NIfTI image of bytes")
    start = int(struct.unpack_from("<f", data, 108)[0])
    width, height, depth = struct.unpack_from("<3f", data, 80)
    return data[start:], width * height * depth


def participant(bids, out, labels):
    """One folder of results for each participant."""
    json.loads((bids / "dataset_description.json").read_text(encoding="utf-8"))
    for label in labels:
        name = f"sub-{label}"
        values, volume = voxels(bids / name / "anat" / f"{name}_T1w.nii.gz")
        found = {"Mark": MARK, "BrainVolume": sum(value > 0 for value in values) * volume, "Brightest": max(values)}
        folder = out / name / "anat"
        folder.mkdir(parents=True)
        text = json.dumps(found, indent=2, sort_keys=True) + "\n"
        (folder / f"{name}_desc-volumes_T1w.json").write_text(text, encoding="utf-8")


def group(results, out, participants):
    """One table of all participants."""
    with open(participants, newline="", encoding="utf-8") as file:
        known = {row["participant_id"]: row for row in csv.DictReader(file, delimiter="\t")}
    with open(out / "volumes.tsv", "w", encoding="utf-8") as file:
        file.write("participant_id\tage\tbrain_volume\tbrightest\n")
        for path in sorted(results.glob("sub-*/anat/*_desc-volumes_T1w.json")):
            name = path.parts[-3]
            found = json.loads(path.read_text(encoding="utf-8"))
            age = known.get(name, {}).get("age", "n/a")
            file.write(f"{name}\t{age}\t{found['BrainVolume']}\t{found['Brightest']}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bids_dir", type=Path)
    parser.add_argument("output_dir", type=Path)
    parser.add_argument("analysis_level", choices=["participant", "group"])
    parser.add_argument("--participant_label", "--participant-label", nargs="+", default=[])
    parser.add_argument("--participants", type=Path, help="the table of participants, for the group")
    args = parser.parse_args()
    if args.analysis_level == "participant":
        participant(args.bids_dir, args.output_dir, args.participant_label)
    else:
        group(args.bids_dir, args.output_dir, args.participants)


main()
