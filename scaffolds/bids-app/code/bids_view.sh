#!/bin/sh
# bids_view.sh INPUTS VIEW: a BIDS data set of the subjects in INPUTS/subject and the top-level files in the other inputs.
set -eu
mkdir -p "$2"
for input in "$1"/*; do
    case $input in
    */out) continue ;;
    esac
    for entry in "$input"/*; do
        ln -sf "$entry" "$2/${entry##*/}"
    done
done
