"""Records what PyTorch gives for streams of calls and for layers, as JSON for Tests/Vectors.

    venv/bin/python Tests/Differential/record_pytorch.py streams > Tests/Vectors/torch-streams.json
    venv/bin/python Tests/Differential/record_pytorch.py layers > Tests/Vectors/torch-layers.json

Only the framework's own results are recorded: the SHA-256 of every tensor's raw little-endian bytes.
"""
import hashlib
import json
import random
import sys
import warnings

import torch
from torch import nn

import harness
import pytorch as cases


def digest(tensor):
    return hashlib.sha256(cases.raw_bytes(tensor)).hexdigest()


def streams(count=40):
    """Random calls one after another after one torch.manual_seed."""
    for index in range(count):
        r = random.Random(f"stream/{index}")
        seed = harness.draw_seed(r)
        calls = [cases.draw_call(r, "stream", 3000) for _ in range(r.randint(2, 10))]
        torch.manual_seed(seed)
        rows = []
        for call in calls:
            tensor = cases.torch_tensor(call)
            # Orthogonal matrices are LAPACK's to the bit; here only what follows them counts.
            rows.append({"name": call.name, "config": call.config, "shape": list(call.shape), "dtype": call.dtype,
                         "sha256": None if call.name == "orthogonal_" else digest(tensor)})
        yield {"seed": seed, "calls": rows}


LAYERS = {
    "linear": lambda: nn.Linear(37, 11),
    "linear without bias": lambda: nn.Linear(5, 3, bias=False),
    "linear of no inputs": lambda: nn.Linear(0, 5),
    "bilinear": lambda: nn.Bilinear(7, 5, 11),
    "embedding": lambda: nn.Embedding(50, 12),
    "embedding with padding": lambda: nn.Embedding(50, 12, padding_idx=3),
    "embedding with padding from the end": lambda: nn.Embedding(3, 4, padding_idx=-1),
    "conv1d": lambda: nn.Conv1d(4, 6, 5),
    "conv2d of groups": lambda: nn.Conv2d(8, 12, (3, 2), groups=4),
    "conv3d": lambda: nn.Conv3d(3, 8, (3, 2, 1)),
    "depthwise conv2d": lambda: nn.Conv2d(16, 16, 3, groups=16, bias=False),
    "transposed conv1d": lambda: nn.ConvTranspose1d(4, 6, 5),
    "transposed conv2d of groups": lambda: nn.ConvTranspose2d(6, 4, 3, groups=2),
    "transposed conv3d": lambda: nn.ConvTranspose3d(2, 3, 2),
    "lstm": lambda: nn.LSTM(10, 20, 2),
    "bidirectional lstm": lambda: nn.LSTM(6, 5, 2, bidirectional=True),
    "lstm with projection": lambda: nn.LSTM(6, 8, 2, proj_size=3),
    "gru": lambda: nn.GRU(9, 7, 2, bias=False),
    "rnn": lambda: nn.RNN(3, 4, 2, bidirectional=True),
    "batch norm": lambda: nn.BatchNorm2d(9),
    "layer norm": lambda: nn.LayerNorm([3, 4]),
    "group norm": lambda: nn.GroupNorm(2, 6),
    "rms norm": lambda: nn.RMSNorm(5),
    "attention": lambda: nn.MultiheadAttention(12, 3),
    "attention of other widths": lambda: nn.MultiheadAttention(12, 3, kdim=5, vdim=7),
    "attention with added keys": lambda: nn.MultiheadAttention(8, 2, add_bias_kv=True),
    "attention without bias": lambda: nn.MultiheadAttention(8, 2, bias=False),
    "encoder layer": lambda: nn.TransformerEncoderLayer(16, 2, 24),
    "decoder layer": lambda: nn.TransformerDecoderLayer(16, 2, 24),
}


def layers():
    """Every parameter and buffer of a layer made after torch.manual_seed(5), and the next random number."""
    for name, make in LAYERS.items():
        torch.manual_seed(5)
        layer = make()
        following = torch.rand(4)
        yield {"layer": name, "following": digest(following), "variables": [
            {"name": key, "shape": list(tensor.shape), "dtype": str(tensor.dtype)[6:], "sha256": digest(tensor)}
            for key, tensor in [*layer.named_parameters(), *layer.named_buffers()]]}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    rows = list({"streams": streams, "layers": layers}[sys.argv[1]]())
    print("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]")
