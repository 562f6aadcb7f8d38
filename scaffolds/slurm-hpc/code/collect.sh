#!/bin/sh
# One table of all samples.
set -eu
pfs=${PFS:-/pfs}
printf 'sample\tcount\tsum\n' > "$pfs/out/table.tsv"
for folder in "$pfs"/work/*/; do
    name=$(basename "$folder")
    while read -r line; do
        printf '%s\t%s\n' "$name" "$line" >> "$pfs/out/table.tsv"
    done < "$folder/sums.tsv"
done
