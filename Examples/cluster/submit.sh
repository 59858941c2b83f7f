#!/bin/bash
# Makes GRAPH with SHARES workers of an array job, and merges what they made into OUT.
# PARTS is a folder that all nodes see. Prints the number of the merge job.
# usage: submit.sh GRAPH PARTS OUT SHARES
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
graph=$1 parts=$2 out=$3 shares=$4
mkdir -p "$parts"
job=$(sbatch --parsable --array=0-$((shares - 1)) --output="$parts/share-%a.log" \
  "$here/share.sbatch" "$graph" "$parts")
# afterany: the merge runs also where a share failed, and says which are missing.
sbatch --parsable --dependency=afterany:"$job" --output="$parts/merge.log" \
  "$here/merge.sbatch" "$parts" "$out"
