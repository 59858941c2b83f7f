"""Saves ready-made tensors with safetensors and waits for the disk: safetensors_.py COUNT ELEMENTS --file F."""
import argparse
import os

import numpy
from safetensors.numpy import save_file

from timing import measure

parser = argparse.ArgumentParser()
parser.add_argument("count", type=int)
parser.add_argument("elements", type=int)
parser.add_argument("--file", required=True)
parser.add_argument("--runs", type=int, default=3)
arguments = parser.parse_args()

generator = numpy.random.default_rng(0)
tensors = {
    f"layer{index}/kernel": generator.random(arguments.elements, dtype=numpy.float32) for index in range(arguments.count)
}


def remove():
    if os.path.exists(arguments.file):
        os.remove(arguments.file)


def save():
    save_file(tensors, arguments.file)
    handle = os.open(arguments.file, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


measure(save, arguments.runs, prepare=remove)
remove()
