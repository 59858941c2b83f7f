#!/bin/bash
# One rank of an MPI job: makes its share of GRAPH in PARTS. Nothing is sent between ranks.
# usage: mpirun -n 4 mpi.sh GRAPH PARTS && nascent merge --store OUT 'PARTS/part-*.db'
set -euo pipefail
rank=${OMPI_COMM_WORLD_RANK:-${PMI_RANK:?start it with mpirun or mpiexec}}
nascent materialize "$1" --store "$2/part-$rank.db" --shard auto --quiet
