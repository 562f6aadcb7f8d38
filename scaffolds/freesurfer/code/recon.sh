#!/bin/sh
# STAND-IN for FreeSurfer's recon-all: writes a folder of the same shape, made of sums over made-up numbers.
# Runs in the project's root. Reads $PFS/t1/T1w.txt and, if there, $PFS/t2/T2w.txt; writes to $PFS/out.
set -eu
pfs=${PFS:-/pfs}
out=$pfs/out

t1=$(sh code/lib/measure.sh "$pfs/t1/T1w.txt")
t2="0 0 0"
if [ -e "$pfs/t2/T2w.txt" ]; then
    t2=$(sh code/lib/measure.sh "$pfs/t2/T2w.txt")
fi

mkdir -p "$out/mri" "$out/stats" "$out/scripts"
echo "STAND-IN: written by code/recon.sh, not by FreeSurfer; the numbers mean nothing" > "$out/scripts/STAND-IN.txt"
{
    echo "# STAND-IN, not FreeSurfer"
    tail -n +3 "$pfs/t1/T1w.txt"
} > "$out/mri/brain.txt"

# Three numbers each, so the words are to be split.
set -- $t1 $t2
{
    echo "# STAND-IN, not FreeSurfer"
    echo "voxels $1"
    echo "t1_mean $2"
    echo "t1_max $3"
    echo "t2_mean $5"
    echo "contrast $(($2 - $5))"
} > "$out/stats/aseg.stats"
