#!/bin/sh
TOP=3
for f in in/*.csv
do
  name=$(basename "$f" .csv)
  head -n $TOP "$f" > "out/$name.txt"
done
