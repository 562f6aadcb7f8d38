#!/bin/sh
# Prints count, mean and maximum of the numbers in a made-up scan; fails if the file was cut off.
set -eu
file=$1
name=$(basename "$file")
wanted=-1 count=0 sum=0 max=0
while read -r first rest; do
    case $first in
    '#') continue ;;
    voxels) wanted=$rest; continue ;;
    esac
    for value in $first $rest; do
        count=$((count + 1))
        sum=$((sum + value))
        if [ "$value" -gt "$max" ]; then max=$value; fi
    done
done < "$file"

if [ "$count" -ne "$wanted" ]; then
    echo "measure.sh: $name is cut off: it announces $wanted voxels and holds $count" >&2
    exit 1
fi
echo "$count $((sum / count)) $max"
