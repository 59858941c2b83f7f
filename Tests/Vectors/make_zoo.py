"""Makes zoo.json: what the formulas of papers give, worked out with NumPy and SciPy; no code of this package.

    python -m venv venv && venv/bin/pip install numpy==2.4.6 scipy==1.17.1 ml_dtypes==0.6.0 \
        tensorflow-cpu==2.21.0 jax==0.10.2 keras==3.15.1
    venv/bin/python Tests/Vectors/make_zoo.py > Tests/Vectors/zoo.json
    python -m venv torch-venv && torch-venv/bin/pip install numpy==2.4.6 torch==2.13.0
    torch-venv/bin/python Tests/Vectors/make_zoo.py --torch > Tests/Vectors/zoo-torch.json

With --torch it makes the rows that draw, with PyTorch's numbers after torch.manual_seed(seed).

Random numbers are TensorFlow's and JAX's own: tf.random.stateless_* with the seed pair (seed, 0), and jax.random.*
with the key words (seed, 0), as Keras seeds them. A formula's parameters are worked out in double.

Each row: class_name, config, dialect, seed (null: none), shape, dtype, and hex, the little-endian bytes. Rows in
float64 whose values come from log, exp, pow, sin or cos have "ulps": how far another correct implementation may be,
in units in the last place of the value, or in the case of angles "absolute", a bound on the difference.
"""
import json
import math
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
import numpy as np

TORCH = "--torch" in sys.argv
NUMPY = {"float16": np.float16, "float32": np.float32, "float64": np.float64, "int32": np.int32, "int64": np.int64,
         "uint8": np.uint8, "bool": np.bool_}
if TORCH:
    import torch
    DIALECTS = ["pytorch"]
else:
    import jax
    import keras
    import ml_dtypes
    import scipy.linalg
    import scipy.signal
    import tensorflow as tf
    jax.config.update("jax_enable_x64", True)
    NUMPY["bfloat16"] = ml_dtypes.bfloat16
    DIALECTS = ["tensorflow", "jax"]
ROWS = []


def add(class_name, config, shape, values, dtype, seed=None, dialect="tensorflow", **extra):
    if TORCH:
        # PyTorch rounds, also to bfloat16, which NumPy does not have.
        values = values if isinstance(values, torch.Tensor) else torch.from_numpy(np.asarray(values))
        values = values.to(getattr(torch, dtype)).contiguous()
        raw = values.view(torch.uint8).numpy().tobytes() if values.numel() else b""
        assert tuple(values.shape) == tuple(shape)
        row = {"class_name": class_name, "config": config, "dialect": dialect, "seed": seed, "shape": list(shape),
               "dtype": dtype, "hex": raw.hex()}
        ROWS.append({**row, **extra})
        return
    values = np.asarray(values)
    if values.dtype != NUMPY[dtype]:
        values = values.astype(NUMPY[dtype])
    assert values.shape == tuple(shape), (class_name, config, shape, values.shape)
    row = {"class_name": class_name, "config": config, "dialect": dialect, "seed": seed, "shape": list(shape),
           "dtype": dtype, "hex": np.ascontiguousarray(values).tobytes().hex()}
    row.update(extra)
    ROWS.append(row)


def table(class_name, config, shape, values, dtypes=("float32", "float64", "float16", "bfloat16"), **extra):
    """Rows of a table that draws nothing; only the float64 row is not exact."""
    if TORCH: return
    for dtype in dtypes:
        add(class_name, config, shape, values, dtype, **(extra if dtype == "float64" else {}))


# Draws of the frameworks.

def tf_uniform(shape, seed, low, high, dtype):
    low, high = tf.constant(low, dtype), tf.constant(high, dtype)
    return tf.random.stateless_uniform(shape, [seed, 0], low, high, dtype).numpy()


def tf_normal(shape, seed, mean, deviation, dtype):
    return tf.random.stateless_normal(
        shape, [seed, 0], tf.constant(mean, dtype), tf.constant(deviation, dtype), dtype).numpy()


def jax_key(seed):
    return jax.random.wrap_key_data(np.array([seed & 0xffffffff, 0], np.uint32))


def jax_uniform(shape, seed, low, high, dtype):
    return np.asarray(jax.random.uniform(jax_key(seed), shape, NUMPY[dtype], low, high))


def jax_normal(shape, seed, mean, deviation, dtype):
    z = jax.random.normal(jax_key(seed), shape, NUMPY[dtype])
    return np.asarray(z * jax.numpy.asarray(deviation, NUMPY[dtype]) + jax.numpy.asarray(mean, NUMPY[dtype]))


def torch_uniform(shape, seed, low, high, dtype):
    torch.manual_seed(seed)
    return torch.empty(shape, dtype=getattr(torch, dtype)).uniform_(low, high)


def torch_normal(shape, seed, mean, deviation, dtype):
    torch.manual_seed(seed)
    return torch.empty(shape, dtype=getattr(torch, dtype)).normal_(mean, deviation)


UNIFORM = {"tensorflow": tf_uniform, "jax": jax_uniform, "pytorch": torch_uniform}
NORMAL = {"tensorflow": tf_normal, "jax": jax_normal, "pytorch": torch_normal}
SEEDS = {"float32": [0, 7, 2**31 - 1], "float64": [7], "float16": [7], "bfloat16": [7]}


def double(values):
    return values.to(torch.float64).numpy() if TORCH else values.astype(np.float64)


def drawn(class_name, config, shape, kind, *parameters):
    for dialect in DIALECTS:
        for dtype, seeds in SEEDS.items():
            for seed in seeds:
                values = {"uniform": UNIFORM, "normal": NORMAL}[kind][dialect](shape, seed, *parameters, dtype)
                add(class_name, {**config, "seed": seed}, shape, values, dtype, seed, dialect)


# Fans of weights, written out by hand for each layout.

def fans(layout, shape):
    name = layout if isinstance(layout, str) else layout.get("name")
    groups = 1 if isinstance(layout, str) else layout.get("groups", 1)
    packed = 1 if isinstance(layout, str) else layout.get("packed", 1)
    s = list(shape)
    if name == "in_out": return s[0], s[1] / packed
    if name == "out_in": return s[1], s[0] / packed
    if name == "hwio":
        k = math.prod(s[:-2]); return s[-2] * k, s[-1] // groups * k
    if name == "oihw":
        k = math.prod(s[2:]); return s[1] * k, s[0] // groups * k
    if name == "ohwi":
        k = math.prod(s[1:-1]); return s[-1] * k, s[0] // groups * k
    if name == "depthwise_hwim":
        k = math.prod(s[:-2]); return k, s[-1] * k
    if name == "transposed_hwoi":
        k = math.prod(s[:-2]); return s[-1] * k, s[-2] * k
    if name == "transposed_iohw":
        k = math.prod(s[2:]); return s[0] // groups * k, s[1] * k
    if name == "in_heads": return s[0], s[1] * s[2]
    if name == "heads_out": return s[0] * s[1], s[2]
    if name == "experts_in_out": return s[1], s[2]
    if name == "experts_out_in": return s[2], s[1]
    raise KeyError(layout)


LAYOUTS = [("in_out", (7, 11)), ("out_in", (7, 11)), ("hwio", (3, 2, 4, 6)), ("oihw", (6, 4, 3, 2)),
           ("ohwi", (6, 3, 2, 4)), ("depthwise_hwim", (3, 3, 8, 2)), ("transposed_hwoi", (3, 2, 4, 6)),
           ("transposed_iohw", (6, 4, 3, 2)), ("in_heads", (12, 3, 4)), ("heads_out", (3, 4, 10)),
           ("experts_in_out", (3, 5, 7)), ("experts_out_in", (3, 5, 7)),
           ({"name": "oihw", "groups": 3}, (6, 4, 3, 2)), ({"name": "oihw", "groups": 8}, (16, 1, 3, 3)),
           ({"name": "hwio", "groups": 2}, (3, 2, 4, 6)), ({"name": "transposed_iohw", "groups": 2}, (6, 4, 3, 2)),
           ({"name": "out_in", "packed": 3}, (12, 5)), ({"name": "in_out", "packed": 3}, (5, 12))]


def variance_scaling():
    for layout, shape in LAYOUTS:
        fan_in, fan_out = fans(layout, shape)
        add("GlorotUniform", {"layout": layout, "seed": 5}, shape,
            tf_uniform(shape, 5, -math.sqrt(3 / max(1, (fan_in + fan_out) / 2)),
                       math.sqrt(3 / max(1, (fan_in + fan_out) / 2)), "float32"), "float32", 5)
        add("VarianceScaling",
            {"scale": 2.0, "mode": "fan_out", "distribution": "untruncated_normal", "layout": layout, "seed": 5}, shape,
            tf_normal(shape, 5, 0.0, math.sqrt(2 / max(1, fan_out)), "float32"), "float32", 5)
        add("VarianceScaling",
            {"scale": 1.5, "mode": "fan_in", "distribution": "uniform", "layout": layout, "seed": 5}, shape,
            tf_uniform(shape, 5, -math.sqrt(4.5 / max(1, fan_in)), math.sqrt(4.5 / max(1, fan_in)), "float32"),
            "float32", 5)
    # Axes in place of a name: the same weights again, by jax.nn.initializers' own rule for axes.
    for axes, shape in [({"in": [0], "out": [1, 2]}, (6, 3, 4)), ({"in": [1], "out": [0]}, (6, 4, 3)),
                        ({"in": [-2], "out": [-1], "batch": [0]}, (3, 5, 7))]:
        value = jax.nn.initializers.variance_scaling(
            2.0, "fan_avg", "uniform", in_axis=tuple(axes["in"]), out_axis=tuple(axes["out"]),
            batch_axis=tuple(axes.get("batch", [])))
        limit = float(np.max(np.abs(np.asarray(value(jax.random.key(0), shape, np.float64)))))
        size = lambda a: math.prod(shape[i] for i in a)
        taps = math.prod(shape) / size(axes["in"]) / size(axes["out"]) / size(axes.get("batch", []))
        expected = math.sqrt(6 / ((size(axes["in"]) + size(axes["out"])) / 2 * taps))
        assert 0.9 * expected < limit <= expected, (axes, limit, expected)
        add("VarianceScaling", {"scale": 2.0, "mode": "fan_avg", "distribution": "uniform", "layout": axes, "seed": 5},
            shape, tf_uniform(shape, 5, -expected, expected, "float32"), "float32", 5)


def depth_scaled():
    for deviation, layers, branches in [(0.02, 12, 2), (0.006, 96, 2), (0.02, 7, 3)]:
        drawn("DepthScaledNormal", {"stddev": deviation, "layers": layers, "branches": branches}, (5, 7), "normal",
              0.0, deviation / math.sqrt(branches * layers))
    for dim in (768, 5):
        drawn("SmallInit", {"dim": dim}, (5, 7), "normal", 0.0, math.sqrt(2 / (5 * dim)))
    for dim, layers in [(768, 12), (6144, 44)]:
        drawn("WangInit", {"dim": dim, "layers": layers}, (5, 7), "normal", 0.0, 2 / layers / math.sqrt(dim))
    for layout, shape in [("oihw", (6, 4, 3, 3)), ("in_out", (9, 5))]:
        for mode in ("fan_in", "fan_out"):
            for branches, depth in [(54, 2), (16, 3)]:
                fan = fans(layout, shape)[mode == "fan_out"]
                drawn("Fixup", {"branches": branches, "depth": depth, "mode": mode, "layout": layout}, shape, "normal",
                      0.0, math.sqrt(2 / fan) * branches ** (-1 / (2 * depth - 2)))
    for layers in (6, 18):
        for part, factor in [("encoder", 0.67 * layers ** -0.25), ("decoder", (9 * layers) ** -0.25)]:
            limit = factor * math.sqrt(6 / (8 + 12))
            drawn("TFixup", {"layers": layers, "part": part, "layout": "out_in"}, (12, 8), "uniform", -limit, limit)
        drawn("TFixup", {"layers": layers, "part": "embedding"}, (10, 6), "normal", 0.0,
              (9 * layers) ** -0.25 / math.sqrt(6))
    for n, m, part, beta in [(12, 0, "encoder", (8 * 12) ** -0.25), (0, 100, "decoder", (8 * 100) ** -0.25),
                             (18, 18, "encoder", 0.87 * (18**4 * 18) ** (-1 / 16)),
                             (100, 6, "encoder", 0.87 * (100**4 * 6) ** (-1 / 16)),
                             (18, 18, "decoder", (12 * 18) ** -0.25)]:
        drawn("DeepNorm", {"encoder_layers": n, "decoder_layers": m, "part": part, "layout": "out_in"}, (12, 8),
              "normal", 0.0, beta * math.sqrt(2 / (8 + 12)))


def scaled_from_a_base():
    for shape, base, readout, factor in [
            ((16, 12), [4, 3], "multiplier", math.sqrt(3 / 12)), ((10, 12), [10, 3], "multiplier", 1.0),
            ((10, 12), [10, 3], "initializer", 3 / 12), ((16, 5), [4, 5], "multiplier", 1.0),
            ((4, 3), [4, 3], "multiplier", 1.0)]:
        drawn("MuP", {"stddev": 0.02, "base_shape": base, "readout": readout, "layout": "out_in"}, shape, "normal",
              0.0, 0.02 * factor)
    factor = math.sqrt(4 * 9 / (8 * 9))
    drawn("MuP", {"stddev": 0.1, "base_shape": [6, 4, 3, 3], "layout": "oihw"}, (12, 8, 3, 3), "normal", 0.0,
          0.1 * factor)


def sines_and_low_rank():
    for omega in (30.0, 1.0):
        drawn("Siren", {"omega": omega, "is_first": False, "layout": "out_in"}, (9, 14), "uniform",
              -math.sqrt(6 / 14) / omega, math.sqrt(6 / 14) / omega)
    drawn("Siren", {"omega": 30.0, "is_first": True, "layout": "out_in"}, (9, 2), "uniform", -1 / 2, 1 / 2)
    drawn("LoRA", {"factor": "A", "form": "kaiming_uniform", "layout": "out_in"}, (4, 10), "uniform",
          -1 / math.sqrt(10), 1 / math.sqrt(10))
    drawn("LoRA", {"factor": "A", "form": "gaussian", "layout": "in_out"}, (10, 8), "normal", 0.0, 1 / 8)
    table("LoRA", {"factor": "B", "layout": "out_in", "seed": 3}, (10, 4), np.zeros((10, 4)))
    drawn("MambaDtProjection", {"scale": 2.0, "form": "random", "layout": "out_in"}, (12, 5), "uniform",
          -2 / math.sqrt(5), 2 / math.sqrt(5))
    table("MambaDtProjection", {"scale": 1.0, "form": "constant", "layout": "out_in"}, (12, 5),
          np.full((12, 5), 5 ** -0.5), ulps=1)


def eye(rows, columns):
    return np.eye(rows, columns)


def zero_matrix(outputs, inputs):
    if outputs <= inputs: return eye(outputs, inputs)
    m = math.ceil(math.log2(outputs))
    p = 2**m
    return eye(outputs, p) @ (scipy.linalg.hadamard(p) / 2 ** (m / 2)) @ eye(p, inputs)


def idinit(part, outputs, columns, value=None):
    """IDI, equation 3 of the paper: tau where i = j mod columns. IDIZ: differences of two inputs."""
    if value is None: value = 1.0 if part == "identity" else 1e-6
    m = np.zeros((outputs, columns))
    for i in range(outputs):
        m[i, i % columns] = value
        if part == "identity" or columns == 1: continue
        if outputs >= columns:
            m[i, (i + 1) % columns] = -value
        elif i % (columns - outputs) + outputs < columns:
            m[i, outputs + i % (columns - outputs)] = -value
    return m


def identities():
    for outputs, inputs in [(4, 4), (3, 8), (8, 3), (9, 5), (1, 1), (2, 1), (33, 32)]:
        m = zero_matrix(outputs, inputs)
        table("ZerO", {"layout": "out_in"}, (outputs, inputs), m, ulps=1)
        table("ZerO", {"layout": "in_out"}, (inputs, outputs), m.T, ulps=1)
        kernel = np.zeros((outputs, inputs, 3, 5))
        kernel[:, :, 1, 2] = m
        if outputs < 10:
            table("ZerO", {"layout": "oihw"}, kernel.shape, kernel, ("float32",))
            table("ZerO", {"layout": "hwio"}, (3, 5, inputs, outputs), kernel.transpose(2, 3, 1, 0), ("float32",))
    for part in ("identity", "zero"):
        for outputs, inputs in [(4, 4), (3, 8), (8, 3), (2, 3), (1, 5), (5, 1)]:
            table("IDInit", {"part": part, "layout": "out_in"}, (outputs, inputs), idinit(part, outputs, inputs))
            m = idinit(part, outputs, inputs * 9, value=-2.5)
            table("IDInit", {"part": part, "value": -2.5, "layout": "oihw"}, (outputs, inputs, 3, 3),
                  m.reshape(outputs, inputs, 3, 3), ("float32",))
    for groups, outputs, inputs, size in [(1, 4, 4, 3), (1, 6, 3, 3), (2, 8, 4, 3), (3, 6, 2, 4), (1, 2, 5, 2)]:
        kernel = np.zeros((outputs, inputs, size, size))
        for g in range(groups):
            for d in range(min(outputs // groups, inputs)):
                kernel[g * (outputs // groups) + d, d, size // 2, size // 2] = 0.5
        table("Dirac", {"gain": 0.5, "layout": {"name": "oihw", "groups": groups}}, kernel.shape, kernel)
        table("Dirac", {"gain": 0.5, "layout": {"name": "hwio", "groups": groups}}, kernel.transpose(2, 3, 1, 0).shape,
              kernel.transpose(2, 3, 1, 0), ("float32",))


def recurrent():
    for gate, gates, units, value in [(1, 4, 5, 1.0), (0, 3, 2, -2.5)]:
        bias = np.zeros(gates * units)
        bias[gate * units:(gate + 1) * units] = value
        table("ForgetGateBias", {"value": value, "gate": gate, "gates": gates}, bias.shape, bias)
        table("ForgetGateBias", {"value": value, "gate": gate, "gates": gates}, (2, bias.size), np.stack([bias, bias]))
    for depth, value in [(12, 0.1), (18, 0.1), (19, 1e-5), (24, 1e-5), (36, 1e-6)]:
        table("LayerScale", {"depth": depth}, (6,), np.full(6, value))
    table("LayerScale", {"value": 0.25}, (3,), np.full(3, 0.25))
    table("ReZero", {}, (), np.zeros(()))


def state_spaces():
    for n in (1, 2, 5, 8):
        q = np.arange(n, dtype=np.float64)
        # transition() of the authors' repository, in its own vectorized form.
        col, row = np.meshgrid(q, q)
        r = 2 * q + 1
        low = -(np.where(row >= col, r, 0) - np.diag(q))
        t = np.sqrt(np.diag(r))
        table("HiPPO", {"matrix": "A", "measure": "legs"}, (n, n), t @ low @ np.linalg.inv(t), ulps=8)
        table("HiPPO", {"matrix": "B", "measure": "legs"}, (n,), np.diag(t), ulps=1)
        root = r**0.5
        legt = -root[:, None] * np.where(row < col, (-1.0) ** (row - col), 1) * root[None, :] / 2
        table("HiPPO", {"matrix": "A", "measure": "legt"}, (n, n), legt, ulps=3)
        table("HiPPO", {"matrix": "B", "measure": "legt"}, (n, 1), root[:, None] / 2, ulps=1)
        table("HiPPO", {"matrix": "A", "measure": "lagt"}, (n, n), np.eye(n) / 2 - np.tril(np.ones((n, n))))
        table("HiPPO", {"matrix": "B", "measure": "lagt"}, (n,), np.ones(n))
    n = np.arange(16.0)
    rows = lambda v: np.tile(v, (3, 1))
    for kind, real, imaginary in [("lin", np.full(16, -0.5), np.pi * n),
                                  ("inv", np.full(16, -0.5), 32 / np.pi * (32 / (2 * n + 1) - 1)),
                                  ("real", -(n + 1), np.zeros(16))]:
        table("S4D", {"kind": kind, "part": "real"}, (3, 16), rows(real))
        table("S4D", {"kind": kind, "part": "log_real"}, (3, 16), rows(np.log(-real)), ulps=2)
        table("S4D", {"kind": kind, "part": "imaginary"}, (3, 16), rows(imaginary), ulps=4)
    table("S4D", {"kind": "inv", "part": "imaginary", "states": 64}, (16,),
          64 / np.pi * (64 / (2 * n + 1) - 1), ulps=4)
    drawn("S4DLogStep", {"dt_min": 0.001, "dt_max": 0.1}, (17,), "uniform", math.log(0.001), math.log(0.1))
    table("MambaALog", {}, (4, 16), np.tile(np.log(np.arange(1, 17)), (4, 1)), ulps=2)
    for dialect in DIALECTS:
        for dtype, seeds in SEEDS.items():
            for seed in seeds:
                u = double(UNIFORM[dialect]((33,), seed, 0.0, 1.0, dtype))
                dt = np.maximum(np.exp(u * (np.log(0.1) - np.log(0.001)) + np.log(0.001)), 1e-4)
                add("MambaDtBias", {"seed": seed}, (33,), dt + np.log(-np.expm1(-dt)), dtype, seed, dialect,
                    **({"ulps": 16} if dtype == "float64" else {}))
                a = double(UNIFORM[dialect]((33,), seed, 1.0, 16.0, dtype))
                add("Mamba2ALog", {"seed": seed}, (33,), np.log(a), dtype, seed, dialect,
                    **({"ulps": 2} if dtype == "float64" else {}))


def positions():
    for rows, columns, base in [(50, 16, 10000.0), (7, 5, 10000.0), (600, 2, 500.0)]:
        p = np.arange(rows, dtype=np.float64)[:, None]
        f = base ** (-2 * np.arange((columns + 1) // 2) / columns)
        t = np.zeros((rows, columns))
        t[:, 0::2] = np.sin(p * f)
        t[:, 1::2] = np.cos(p * f)[:, : columns // 2]
        table("SinusoidalTable", {"base": base, "arrangement": "interleaved"}, t.shape, t,
              ("float32", "float64", "bfloat16"), absolute=rows * 2.0**-51 + 2.0**-52)
        half = columns // 2
        f = base ** (-np.arange(half) / max(half - 1, 1))
        t = np.concatenate([np.sin(p * f), np.cos(p * f), np.zeros((rows, columns % 2))], 1)
        table("SinusoidalTable", {"base": base, "arrangement": "concatenated"}, t.shape, t, ("float32", "float64"),
              absolute=rows * 2.0**-51 + 2.0**-52)
    p = np.arange(100, 120.0)[:, None]
    f = 10000.0 ** (-np.arange(4) / 4)
    t = np.stack([np.sin(p * f), np.cos(p * f)], -1).reshape(20, 8)
    table("SinusoidalTable", {"start": 100}, (20, 8), t, ("float32",))
    for columns, base in [(32, 10000.0), (64, 500000.0)]:
        f = base ** (-np.arange(0, 2 * columns, 2) / (2 * columns))
        table("RotaryTable", {"function": "inv_freq", "base": base}, (columns,), f, ulps=2)
        p = np.arange(40.0)[:, None]
        for name, function in [("cos", np.cos), ("sin", np.sin)]:
            v = function(p * f)
            bound = 40 * 2.0**-51 + 2.0**-52
            table("RotaryTable", {"function": name, "base": base}, v.shape, v, ("float32", "float64"), absolute=bound)
            both = np.concatenate([v, v], 1)
            table("RotaryTable", {"function": name, "arrangement": "repeated", "base": base}, both.shape, both,
                  ("float32",))
            table("RotaryTable", {"function": name, "arrangement": "interleaved", "base": base}, both.shape,
                  np.repeat(v, 2, 1), ("float32",))


def counting():
    for start, stop, count, endpoint in [(0.0, 1.0, 11, True), (-3.0, 7.5, 8, False), (2.0, 2.0, 3, True),
                                         (5.0, -5.0, 1, True), (0.1, 0.3, 7, True)]:
        v = np.linspace(start, stop, count, endpoint=endpoint)
        table("Linspace", {"start": start, "stop": stop, "endpoint": endpoint}, (count,), v)
        table("Linspace", {"start": start, "stop": stop, "endpoint": endpoint, "axis": 0}, (count, 2),
              np.stack([v, v], 1), ("float64",))
    for start, step in [(0.0, 1.0), (10.0, -3.0)]:
        v = start + np.arange(9) * step
        table("Range", {"start": start, "step": step}, (9,), v, ("float32", "float64", "float16", "int32", "int64"))
    table("Range", {"start": 0.1, "step": 0.7}, (2, 9), np.tile(0.1 + np.arange(9) * 0.7, (2, 1)),
          ("float32", "float64"))
    table("Range", {"start": 3.0, "step": 2.0, "axis": 0}, (4, 2), np.repeat(3 + 2 * np.arange(4)[:, None], 2, 1),
          ("uint8", "float32"))
    indices = [2, 0, 4, 4]
    hot = np.asarray(jax.nn.one_hot(np.array(indices), 5, dtype=np.float64))
    table("OneHot", {"indices": indices}, (4, 5), hot, ("float32", "int32", "bool", "bfloat16"))
    table("OneHot", {}, (3, 3), np.eye(3), ("float32", "uint8"))


def sparse():
    """Normals of element i; keys are float32 uniforms of element n' + i, 2n' + i in float64, whose normals take two words
    each; the smallest keys of a unit stay."""
    for layout, shape, connections in [("out_in", (6, 20), 15), ("in_out", (20, 6), 3), ("oihw", (5, 4, 3, 3), 7),
                                       ("experts_out_in", (3, 4, 10), 2), ("out_in", (4, 3), 15)]:
        for dialect in DIALECTS:
            for dtype in ("float32", "float64", "float16"):
                n = math.prod(shape)
                padded = -(-n // 16) * 16
                values = np.asarray(NORMAL[dialect]((2 * padded,), 9, 0.0, 0.5, dtype)[:n].reshape(shape))
                offset = 2 * padded if dtype == "float64" else padded
                keys = UNIFORM[dialect]((offset + padded,), 9, 0.0, 1.0, "float32")[offset:offset + n].reshape(shape)
                keys = np.asarray(keys)
                if layout == "in_out": units = keys.T
                elif layout == "experts_out_in": units = keys.reshape(shape[0] * shape[1], -1)
                else: units = keys.reshape(shape[0], -1)
                stays = np.zeros(units.shape, bool)
                np.put_along_axis(stays, np.argsort(units, axis=1, kind="stable")[:, :connections], True, 1)
                stays = stays.T if layout == "in_out" else stays.reshape(shape)
                add("Sparse", {"connections": connections, "stddev": 0.5, "layout": layout, "seed": 9}, shape,
                    np.where(stays, values, np.zeros((), values.dtype)), dtype, 9, dialect)


def delta_orthogonal():
    """Q of a normal matrix of outputs x inputs by SciPy, the signs of R's diagonal put in."""
    for layout, inputs, outputs in [("hwio", 3, 6), ("oihw", 5, 5), ("in_out", 1, 4)]:
        for dialect in DIALECTS:
            for seed in (3, 8):
                q, r = scipy.linalg.qr(NORMAL[dialect]((outputs, inputs), seed, 0.0, 1.0, "float64"), mode="economic")
                rows = q * np.sign(np.diag(r)) * 1.5
                if inputs < outputs: rows = rows.T
                if layout == "in_out":
                    kernel = rows
                else:
                    kernel = np.zeros((3, 2, inputs, outputs))
                    kernel[1, 0] = rows
                if layout == "hwio" and dialect == "jax":
                    own = jax.nn.initializers.delta_orthogonal(1.5)
                    assert np.abs(own(jax_key(seed), (3, 2, inputs, outputs), np.float64) - kernel).max() < 1e-13
                if layout == "oihw": kernel = kernel.transpose(3, 2, 0, 1)
                # Two decompositions of an n x n matrix of moderate condition differ by about n eps.
                add("DeltaOrthogonal", {"gain": 1.5, "layout": layout, "seed": seed}, kernel.shape, kernel, "float64",
                    seed, dialect, absolute=16 * outputs * 2.0**-52)


def fourier():
    for taps, bands in [(8, 5), (12, 4), (1, 3)]:
        for window in (None, "hann", "hamming", "blackman"):
            for scaling, periodic in [("density", False), ("spectrum", True), (None, False)]:
                if taps == 1 and window is not None and scaling is not None and periodic: continue
                t, f = np.arange(taps)[:, None, None], np.arange(bands)[None, None, :]
                angle = -2 * np.pi * ((t * f) % (2 * (bands - 1))) / (2 * (bands - 1))
                for side, function in [("real", np.cos), ("imag", np.sin)]:
                    kernel = function(angle)
                    if window is not None:
                        w = scipy.signal.get_window(window, taps, periodic)
                        s = {"density": np.sqrt(np.sum(w * w)), "spectrum": np.sum(np.abs(w)), None: 1.0}[scaling]
                        kernel = kernel * w[:, None, None] / s
                    config = {"side": side, "window": window, "scaling": scaling, "periodic": periodic}
                    add("STFT", config, kernel.shape, kernel, "float64", absolute=2.0**-50)
                    # Keras itself in float64: its angles are rounded, here by at most pi taps eps.
                    own = np.asarray(keras.initializers.STFT(**config)(kernel.shape, "float64"))
                    assert np.abs(own - kernel).max() <= np.pi * taps * 2.0**-51, (config, np.abs(own - kernel).max())


if not TORCH:
    variance_scaling()
    fourier()
    delta_orthogonal()
    identities()
    recurrent()
    positions()
    counting()
depth_scaled()
scaled_from_a_base()
sines_and_low_rank()
state_spaces()
sparse()
print("[")
print(",\n".join(json.dumps(row) for row in ROWS))
print("]")
counts = {}
for row in ROWS: counts[row["class_name"]] = counts.get(row["class_name"], 0) + 1
print(len(ROWS), counts, file=sys.stderr)
