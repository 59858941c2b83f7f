"""Compares `nascent` with the real PyTorch and with Keras on PyTorch on random cases, byte for byte.

    python -m venv venv && venv/bin/pip install -r requirements-pytorch.txt
    venv/bin/pip install --no-deps -r requirements-papers.txt
    swift build -c release --product nascent
    venv/bin/python Tests/Differential/pytorch.py [--nascent PATH] [--cases N] [--seed S]

Kinds of cases:
- torch: one function of torch.nn.init after torch.manual_seed, against `nascent sample torch.nn.init.…`;
- keras: one class of keras.initializers on the PyTorch backend, against `nascent sample … --dialect pytorch`;
- stream: a manifest of several variables without seeds of their own in the dialect pytorch, against the same
  functions called one after another after one torch.manual_seed: every variable's SHA-256;
- library: what authors' and well-known libraries make of a weight after torch.manual_seed, against the class of the
  paper: mup's `normal_`, loralib's and PEFT's LoRA factors, Transformers' GPT-2.

Prints one line a kind: name, dtype, cases, elements, differing elements; then a total. A case that differs (or that
the command refuses) is printed with the command that shows it, and the exit code is 1. The cases follow from --seed
and their number alone; --case I runs case I only.

Needs a CPU with AVX2 and FMA: PyTorch's normals have other bits without.
"""
import collections
import hashlib
import json
import math
import os
import random
import sys

import harness
from harness import DTYPES, draw_number

os.environ["KERAS_BACKEND"] = "torch"
MAXIMUM_ELEMENTS = 200_000
TORCH = {"uniform_": 6, "normal_": 8, "trunc_normal_": 8, "constant_": 2, "ones_": 1, "zeros_": 1, "eye_": 1, "dirac_": 2,
         "xavier_uniform_": 3, "xavier_normal_": 3, "kaiming_uniform_": 6, "kaiming_normal_": 6, "orthogonal_": 3, "sparse_": 3}
KERAS = {"Zeros": 1, "Ones": 1, "Constant": 2, "Identity": 2, "RandomUniform": 6, "RandomNormal": 5, "TruncatedNormal": 6,
         "VarianceScaling": 8, "GlorotUniform": 2, "GlorotNormal": 2, "HeUniform": 2, "HeNormal": 2, "LecunUniform": 2,
         "LecunNormal": 2, "Orthogonal": 3}
SEEDLESS = {"constant_", "ones_", "zeros_", "eye_", "dirac_", "Zeros", "Ones", "Constant", "Identity"}
NONLINEARITIES = ["linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
                  "sigmoid", "tanh", "relu", "leaky_relu", "leaky_relu", "selu"]

# One call of a function: name, keyword arguments, shape, dtype.
Call = collections.namedtuple("Call", "name config shape dtype")


class Case(collections.namedtuple("Case", "index kind calls seed slice arguments")):
    """`calls` is one call, or those of a stream; `slice` is (A, B) or None."""

    def summary(self):
        if self.kind == "stream":
            count = sum(math.prod(call.shape) for call in self.calls)
            return ("stream", "mixed"), count, f"seed {self.seed}, calls {[tuple(call) for call in self.calls]}"
        call = self.calls[0]
        count = self.slice[1] - self.slice[0] if self.slice else math.prod(call.shape)
        return (f"{self.kind} {call.name}", call.dtype), count, harness.sample_command(self.arguments)


# MARK: Drawing cases

def draw_shape(r, name, maximum):
    if name in ("eye_", "sparse_", "Identity", "orthogonal_", "Orthogonal"):
        limit = 150 if "rthogonal" in name else 300
        shape = [int(math.exp(r.uniform(0, math.log(limit)))) for _ in range(2)]
        if "rthogonal" in name and r.random() < 0.3:
            inner = [r.randint(1, 3) for _ in range(r.randint(1, 3))]
            shape = [min(d, 40) for d in shape]
            shape = shape + inner if name == "orthogonal_" else inner + shape
        return shape
    ranks = [0, 1, 1, 2, 2, 2, 3, 4, 5]
    if name == "dirac_": ranks = [3, 4, 5]
    if name[:7] in ("xavier_", "kaiming"): ranks = [2, 2, 3, 4, 5]
    rank = r.choice(ranks)
    # A third of the tensors are short: PyTorch fills fewer than 16 elements otherwise, and the last 16 twice.
    limit = 40 if r.random() < 1 / 3 else maximum
    shape = harness.draw_sizes(r, rank, limit)
    # PyTorch refuses the Dirac function and Xavier without elements.
    if shape and r.random() < 0.02 and name not in ("dirac_", "xavier_uniform_", "xavier_normal_"):
        shape[r.randrange(len(shape))] = 0
    return shape


def draw_truncation(r, dtype):
    """Mean, deviation and bounds: bounds that keep all, most or little of the normal."""
    mean, std = (draw_number(r, dtype) if r.random() < 0.6 else 0.0), abs(draw_number(r, dtype))
    kind = r.random()
    if kind < 0.2:
        return {"std": r.choice([0.02, 0.01, 0.1])}
    if kind < 0.35:
        a, b = -r.uniform(9, 40), r.uniform(9, 40)
    elif kind < 0.75:
        a, b = -r.uniform(0.5, 3), r.uniform(0.5, 3)
    else:
        a = r.uniform(-3, 3)
        b = a + r.uniform(0.05, 0.7)
    a, b = mean + a * std, mean + b * std
    if r.random() < 0.3: return {"a": mean - std, "b": mean + std, "mean": mean, "std": std}
    return {"mean": mean, "std": std, "a": a, "b": b}


def draw_torch_config(r, name, dtype, shape):
    number = lambda: draw_number(r, dtype)
    if name in ("ones_", "zeros_", "eye_"): return {}
    if name == "constant_": return {"val": number()}
    if name == "dirac_":
        return {"groups": r.choice([g for g in range(1, shape[0] + 1) if shape[0] % g == 0])} if r.random() < 0.6 else {}
    if name == "sparse_":
        config = {"sparsity": r.choice([0.0, 1.0, 0.1, 0.5, r.random(), r.random()])}
        return {**config, "std": abs(number())} if r.random() < 0.5 else config
    if r.random() < 0.15: return {}
    if name == "uniform_":
        low, high = sorted([number(), number()])
        return {"a": low, "b": high if r.random() < 0.95 else low}
    if name == "normal_": return {"mean": number() if r.random() < 0.6 else 0.0, "std": abs(number())}
    if name == "trunc_normal_": return draw_truncation(r, dtype)
    if name[:7] == "xavier_": return {"gain": abs(number())}
    if name == "orthogonal_": return {"gain": number()}
    config = {"nonlinearity": r.choice(NONLINEARITIES), "mode": r.choice(["fan_in", "fan_out"])}
    if r.random() < 0.6: config["a"] = r.choice([math.sqrt(5), 0.01, 0, number()])
    return config


def draw_keras_config(r, name, dtype, count):
    number = lambda: draw_number(r, dtype)
    if name == "Constant": return {"value": number()}
    if name in ("Identity", "Orthogonal"): return {"gain": number()} if r.random() < 0.8 else {}
    if r.random() < 0.15: return {}
    if name == "RandomUniform":
        low, high = sorted([number(), number()])
        return {"minval": low, "maxval": high}
    if name in ("RandomNormal", "TruncatedNormal"):
        return {"mean": number() if r.random() < 0.6 else 0.0, "stddev": abs(number())}
    if name == "VarianceScaling":
        return {"scale": abs(number()), "mode": r.choice(["fan_in", "fan_out", "fan_avg"]),
                "distribution": r.choice(["uniform", "truncated_normal", "untruncated_normal"])}
    return {}


def draw_call(r, kind, maximum=MAXIMUM_ELEMENTS):
    table = KERAS if kind == "keras" else TORCH
    name = r.choices(list(table), list(table.values()))[0]
    dtype = r.choice(DTYPES)
    if "rthogonal" in name: dtype = r.choice(["float32", "float64"])  # PyTorch has no QR in 16 bits
    if name in ("ones_", "zeros_", "eye_") and r.random() < 0.2: dtype = "int32"
    shape = draw_shape(r, name, maximum)
    config = (draw_keras_config(r, name, dtype, math.prod(shape)) if kind == "keras"
              else draw_torch_config(r, name, dtype, shape))
    return Call(name, config, tuple(shape), dtype)


LIBRARIES = ("mup.normal_", "loralib A", "loralib B", "peft A", "peft B", "transformers c_proj")


def draw_library(r):
    """A call of a library, and our class with its parameters."""
    name, outputs, inputs = r.choice(LIBRARIES), r.randint(1, 60), r.randint(1, 60)
    if name == "mup.normal_":
        shape = (outputs, inputs) + r.choice([(), (), (3,), (3, 3), (1, 2, 2)])
        base = [r.choice([size, r.randint(1, 60)]) for size in shape[:2]] + list(shape[2:])
        std = r.choice([1.0, 0.02, r.uniform(1e-3, 2)])
        layout = "oihw" if len(shape) > 2 else "out_in"
        return Call(name, {"std": std, "base": base}, shape, "float32"), "MuP", {
            "stddev": std, "base_shape": base, "layout": layout}
    if name == "transformers c_proj":
        std, layers = r.choice([0.02, r.uniform(1e-3, 1)]), r.randint(1, 96)
        return Call(name, {"std": std, "layers": layers}, (4 * outputs, outputs), "float32"), "DepthScaledNormal", {
            "stddev": std, "layers": layers}
    rank, is_a = r.randint(1, 16), name.endswith("A")
    form = r.choice(["kaiming_uniform", "gaussian"]) if name.startswith("peft") else "kaiming_uniform"
    call = Call(name, {"inputs": inputs, "outputs": outputs, "rank": rank, "form": form},
                (rank, inputs) if is_a else (outputs, rank), "float32")
    return call, "LoRA", {"factor": name[-1], "form": form, "layout": "out_in"}


def draw_case(run_seed, index):
    r = random.Random(f"{run_seed}/{index}")
    kind = r.choices(["torch", "keras", "stream", "library"], [5, 3, 2, 2])[0]
    seed = harness.draw_seed(r)
    if kind == "library":
        call, name, config = draw_library(r)
        document = json.dumps({"class_name": name, "config": {**config, "seed": seed}})
        arguments = ["sample", document, "--dialect", "pytorch", "--shape", ",".join(map(str, call.shape))]
        return Case(index, kind, [call], seed, None, arguments)
    if kind == "stream":
        calls = [draw_call(r, kind, 20_000) for _ in range(r.randint(2, 12))]
        return Case(index, kind, calls, seed, None, None)
    call = draw_call(r, kind)
    part = harness.draw_slice(r, math.prod(call.shape), 16)
    config, arguments = dict(call.config), []
    if call.name not in SEEDLESS:
        if r.random() < 0.5: config["seed"] = seed
        else: arguments += [f"--seed={seed}"]
    name = call.name if kind == "keras" else "torch.nn.init." + call.name
    if kind == "keras": arguments += ["--dialect", "pytorch"]
    if call.dtype != "float32" or r.random() < 0.5: arguments += ["--dtype", call.dtype]
    if part: arguments += ["--slice", f"{part[0]}:{part[1]}"]
    initializer = json.dumps({"class_name": name, "config": config}) if config or r.random() < 0.5 else name
    shape = ",".join(map(str, call.shape))
    return Case(index, kind, [call], seed, part, ["sample", initializer, "--shape", shape] + arguments)


# MARK: Both sides

def torch_tensor(call):
    """What the function makes of a new tensor with the generator as it stands."""
    import torch
    tensor = torch.empty(call.shape, dtype=getattr(torch, call.dtype))
    if call.name in ("orthogonal_",) and tensor.numel() == 0: return tensor
    getattr(torch.nn.init, call.name)(tensor, **call.config)
    return tensor


def raw_bytes(tensor):
    import torch
    tensor = tensor.detach().contiguous()
    return (tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor).numpy().tobytes()


def library_tensor(call):
    """What a library makes of the weight with the generator as it stands."""
    import torch
    from unittest import mock
    config = call.config
    if call.name == "mup.normal_":
        import mup.init
        tensor = torch.empty(call.shape)
        tensor.infshape = mup.infshape.zip_infshape(config["base"], call.shape)
        return mup.init.normal_(tensor, 0, config["std"])
    if call.name == "transformers c_proj":
        from transformers import GPT2Config
        from transformers.models.gpt2.modeling_gpt2 import GPT2MLP, GPT2PreTrainedModel
        width, state = call.shape[1], torch.get_rng_state()
        settings = GPT2Config(n_embd=width, n_head=1, n_layer=config["layers"], initializer_range=config["std"])
        block = GPT2MLP(4 * width, settings)
        # The method of a model that is not made: it reads the configuration, and what it does before is not GPT-2's.
        torch.set_rng_state(state)
        model = object.__new__(GPT2PreTrainedModel)
        object.__setattr__(model, "config", settings)
        with mock.patch("transformers.modeling_utils.PreTrainedModel._init_weights"):
            GPT2PreTrainedModel._init_weights(model, block)
        return block.c_proj.weight
    factor = "lora_" + call.name[-1]
    inputs, outputs, rank = config["inputs"], config["outputs"], config["rank"]
    if call.name.startswith("loralib"):
        import loralib
        # The layer draws its own weight first, which is not LoRA's.
        with mock.patch.object(torch.nn.Linear, "reset_parameters"):
            return getattr(loralib.Linear(inputs, outputs, r=rank), factor)
    from peft import LoraConfig
    from peft.tuners.lora.layer import Linear
    state = torch.get_rng_state()
    settings = LoraConfig(r=rank, init_lora_weights="gaussian" if config["form"] == "gaussian" else True)
    layer = Linear(torch.nn.Linear(inputs, outputs), "default", settings, r=rank, lora_alpha=1)
    torch.set_rng_state(state)
    layer.reset_lora_parameters("default", settings.init_lora_weights)
    return getattr(layer, factor)["default"].weight


def framework_tensor(case):
    import torch
    call = case.calls[0]
    if case.kind == "keras":
        import keras
        config = dict(call.config) if call.name in SEEDLESS else {**call.config, "seed": case.seed}
        return getattr(keras.initializers, call.name)(**config)(call.shape, dtype=call.dtype)
    torch.manual_seed(case.seed)
    return (library_tensor if case.kind == "library" else torch_tensor)(call)


# MARK: Comparing

def compare(case):
    key, count, shown = case.summary()
    differing, failure = (compare_stream if case.kind == "stream" else compare_sample)(case)
    return harness.Outcome(case.index, key, count, differing, failure, shown)


def compare_sample(case):
    import numpy as np
    call = case.calls[0]
    shape, raw = harness.sample(case.index, case.arguments)
    tensor = framework_tensor(case)
    if case.slice: tensor = tensor.reshape(-1)[case.slice[0]:case.slice[1]]
    if shape != tuple(tensor.shape):
        raise ValueError(f"shape {shape}, PyTorch's is {tuple(tensor.shape)}")
    if "rthogonal" in call.name:
        return compare_orthogonal(case, np.frombuffer(raw, call.dtype).reshape(shape), tensor)
    return harness.compare_bytes(raw, raw_bytes(tensor), call.dtype)


def compare_orthogonal(case, found, tensor):
    import torch
    call = case.calls[0]
    rows = call.shape[0] if case.kind == "torch" else math.prod(call.shape[:-1])
    columns = math.prod(call.shape) // max(rows, 1)
    if rows * columns == 0: return 0, None
    torch.manual_seed(case.seed & 0xffffffff)
    shape = (rows, columns) if case.kind == "torch" else (max(rows, columns), min(rows, columns))
    normals = torch.empty(shape, dtype=getattr(torch, call.dtype)).normal_().numpy()
    whole = None if case.slice else harness.tall(found.reshape(rows, columns))
    return harness.compare_orthogonal(
        found, tensor.detach().numpy(), harness.tall(normals), call.config.get("gain", 1.0), call.dtype, whole)


def compare_stream(case):
    """How many variables of a stream differ, counted by their elements."""
    import torch
    variables = [{"name": f"v{i}", "shape": call.shape, "dtype": call.dtype,
                  "initializer": {"class_name": "torch.nn.init." + call.name, "config": call.config}}
                 for i, call in enumerate(case.calls)]
    graph, store = harness.temporary(case.index, "json"), harness.temporary(case.index, "db")
    try:
        with open(graph, "w") as file:
            json.dump({"seed": case.seed, "dialect": "pytorch", "variables": variables}, file)
        document = json.loads(harness.nascent("materialize", graph, "--store", store, "--recipe-only", "--json", "--quiet"))
    finally:
        for path in (graph, store):
            if os.path.exists(path): os.remove(path)
    found = {variable["name"]: variable["sha256"] for variable in document["variables"]}
    torch.manual_seed(case.seed)
    differing, failures = 0, []
    for i, call in enumerate(case.calls):
        digest = hashlib.sha256(raw_bytes(torch_tensor(call))).hexdigest()
        if call.name != "orthogonal_" and found[f"v{i}"] != digest:
            differing += max(math.prod(call.shape), 1)
            failures.append(f"v{i} {call}")
    return differing, "; ".join(failures) or None


def prepare():
    import torch
    import warnings
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)


if __name__ == "__main__":
    sys.exit(harness.run("PyTorch, Keras on PyTorch, and libraries on PyTorch, byte for byte", draw_case, compare,
                         ("function", "dtype"), ("numpy", "torch", "keras", "mup", "loralib", "peft", "transformers"),
                         cases=2000, prepare=prepare))
