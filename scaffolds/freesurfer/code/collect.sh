#!/bin/sh
# Gathers the numbers of all subjects into one table.
set -eu
pfs=${PFS:-/pfs}
table=$pfs/out/table.tsv

printf 'subject\tvoxels\tt1_mean\tt1_max\tt2_mean\tcontrast\n' > "$table"
for folder in "$pfs"/fs/*/; do
    row=$(basename "$folder")
    while read -r name value; do
        case $name in
        '#') ;;
        *) row="$row	$value" ;;
        esac
    done < "$folder/stats/aseg.stats"
    echo "$row" >> "$table"
done
