"""PyTorch's side of a row: pytorch.py WORK [--dtype D] [--threads T] [--file F]."""
import argparse
import os

parser = argparse.ArgumentParser()
parser.add_argument("work", choices=["he_uniform", "he_normal", "normal", "orthogonal", "model", "sample"])
parser.add_argument("--dtype", default="float32")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--runs", type=int, default=7)
parser.add_argument("--file")
arguments = parser.parse_args()

import torch

torch.set_num_threads(arguments.threads)
torch.manual_seed(0)


def synchronize(path):
    handle = os.open(path, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def model():
    import model as table
    from safetensors.torch import save_file

    tensors = {}
    for name, shape in table.variables():
        weight = torch.empty(shape)
        if name.startswith("w"):
            torch.nn.init.normal_(weight)
        else:
            # As nn.Linear: U(-1/sqrt(fan_in), 1/sqrt(fan_in)) for weight and bias.
            bound = shape[-1] ** -0.5
            torch.nn.init.uniform_(weight, -bound, bound)
        tensors[name] = weight
    save_file(tensors, arguments.file)
    synchronize(arguments.file)


if arguments.work == "model":
    model()
elif arguments.work == "sample":
    import numpy

    numpy.save(arguments.file, torch.nn.init.kaiming_uniform_(torch.empty(4096, 4096), nonlinearity="relu").numpy())
else:
    from timing import measure

    shape = (2048, 2048) if arguments.work == "orthogonal" else (4096, 4096)
    tensor = torch.zeros(shape, dtype=getattr(torch, arguments.dtype))
    fill = {
        "he_uniform": lambda: torch.nn.init.kaiming_uniform_(tensor, nonlinearity="relu"),
        "he_normal": lambda: torch.nn.init.trunc_normal_(tensor),
        "normal": lambda: torch.nn.init.normal_(tensor),
        "orthogonal": lambda: torch.nn.init.orthogonal_(tensor),
    }[arguments.work]
    measure(fill, arguments.runs)
