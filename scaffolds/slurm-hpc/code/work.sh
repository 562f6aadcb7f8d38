#!/bin/sh
# The work on one sample: here, counts and adds its numbers. Reads $PFS/samples/samples.txt, writes to $PFS/out.
set -eu
pfs=${PFS:-/pfs}
count=0 sum=0
while read -r line; do
    for number in $line; do
        count=$((count + 1))
        sum=$((sum + number))
    done
done < "$pfs/samples/samples.txt"
printf '%s\t%s\n' "$count" "$sum" > "$pfs/out/sums.tsv"
