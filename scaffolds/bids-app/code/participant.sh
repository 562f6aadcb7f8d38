#!/bin/sh
# Runs the app for the one participant that is in $PFS/subject. Everything it writes to $PFS/out is its result.
set -eu
pfs=${PFS:-/pfs}
view=${TMPDIR:-/tmp}/bids
sh code/bids_view.sh "$pfs" "$view"
for folder in "$pfs"/subject/sub-*; do
    python3 code/app/run.py "$view" "$pfs/out" participant --participant_label "${folder##*/sub-}"
done
