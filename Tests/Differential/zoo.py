"""Compares `nascent sample` with the formulas of papers on random cases.

    python -m venv venv && venv/bin/pip install -r requirements.txt -r requirements-zoo.txt
    swift build -c release --product nascent
    venv/bin/python Tests/Differential/zoo.py [--nascent PATH] [--cases N] [--seed S]

Formulas are worked out with NumPy and SciPy in double; draws are TensorFlow's stateless ones with the pair (seed, 0).
Values in float32 and float16 are compared byte for byte, those in float64 within the bound that stands with each
class: exact, or a number of units in the last place of what other libraries' exp, log, pow, sin and cos may differ.
Formulas that are quoted from a source have it on the line above them.
Prints one line a class: cases, elements, differing elements; a case that differs is printed with its command, and the
exit code is 1. The cases follow from --seed and their number alone.
"""
import collections
import json
import math
import os
import random
import sys

import harness

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

LAYOUTS = {  # name: rank, places of (inputs, outputs, copies); all others are taps
    "in_out": (2, [0], [1], []), "out_in": (2, [1], [0], []), "hwio": (4, [2], [3], []), "oihw": (4, [1], [0], []),
    "ohwi": (4, [3], [0], []), "transposed_hwoi": (4, [3], [2], []), "experts_in_out": (3, [1], [2], [0]),
    "experts_out_in": (3, [2], [1], [0]), "in_heads": (3, [0], [1, 2], []), "heads_out": (3, [0, 1], [2], []),
}


class Weight:
    """A random shape with a layout, and its matrix form: outputs, inputs, copies, taps."""

    def __init__(self, r, names=None, maximum=9):
        self.layout = r.choice(names or list(LAYOUTS))
        rank, inputs, outputs, copies = LAYOUTS[self.layout]
        self.shape = tuple(r.randint(1, maximum) for _ in range(rank))
        taps = [a for a in range(rank) if a not in inputs + outputs + copies]
        size = lambda axes: math.prod(self.shape[a] for a in axes)
        self.outputs, self.inputs, self.copies, self.taps = size(outputs), size(inputs), size(copies), size(taps)
        self.tap_sizes = [self.shape[a] for a in taps]
        self.order = outputs + inputs + copies + taps
        self.fan_in, self.fan_out = self.inputs * self.taps, self.outputs * self.taps

    def pack(self, array):
        """From [outputs, inputs, copies, taps] to the layout's order of axes."""
        full = array.reshape([self.shape[a] for a in self.order])
        return full.transpose(np.argsort(self.order))


def normal(shape, seed, deviation, dtype):
    return tf.random.stateless_normal(shape, [seed, 0], tf.constant(0.0, dtype), tf.constant(deviation, dtype), dtype).numpy()


def uniform(shape, seed, low, high, dtype):
    return tf.random.stateless_uniform(shape, [seed, 0], tf.constant(low, dtype), tf.constant(high, dtype), dtype).numpy()


def middle(weight, rounds_up):
    return int(np.ravel_multi_index([k // 2 if rounds_up else (k - 1) // 2 for k in weight.tap_sizes],
                                    weight.tap_sizes)) if weight.tap_sizes else 0


def dirac(r, dtype, seed):
    w = Weight(r, ["in_out", "out_in", "hwio", "oihw", "ohwi"])
    full = np.zeros((w.outputs, w.inputs, 1, w.taps))
    for d in range(min(w.outputs, w.inputs)): full[d, d, 0, middle(w, True)] = 0.75
    return {"gain": 0.75, "layout": w.layout}, w.shape, w.pack(full), 0


def zero(r, dtype, seed):
    w = Weight(r, ["in_out", "out_in", "hwio", "oihw", "ohwi"], 20)
    if w.outputs <= w.inputs: m = np.eye(w.outputs, w.inputs)
    else:
        p = 1 << max(w.outputs - 1, 0).bit_length()
        m = (scipy.linalg.hadamard(p) / math.sqrt(p))[:w.outputs, :w.inputs]
    full = np.zeros((w.outputs, w.inputs, 1, w.taps))
    full[:, :, 0, middle(w, True)] = m
    return {"layout": w.layout}, w.shape, w.pack(full), 1


def idinit(r, dtype, seed):
    """The paper's equation 3 and IDIZ, of repeated identities as YitianYu69/Deep_Optimization has them."""
    def blocks(rows, columns, value):
        m = np.zeros((rows, columns))
        for row in range(rows): m[row, row % columns] = value
        return m

    w = Weight(r, ["in_out", "out_in", "hwio", "oihw", "ohwi"])
    part, columns = r.choice(["identity", "zero"]), w.inputs * w.taps
    value = r.choice([None, 1.0, 1e-6, -2.5])
    v = value if value is not None else {"identity": 1.0, "zero": 1e-6}[part]
    m = blocks(w.outputs, columns, v)
    if part == "zero" and w.outputs < columns:
        m[:, w.outputs:] = blocks(w.outputs, columns - w.outputs, -v)
    elif part == "zero" and columns > 1:
        rows = np.arange(w.outputs)
        m[rows, (rows + 1) % columns] = -v
    config = {"part": part, "value": value, "layout": w.layout}
    return config, w.shape, w.pack(m.reshape(w.outputs, w.inputs, 1, w.taps)), 0


def hippo(r, dtype, seed):
    n = r.randint(1, 40)
    q = np.arange(n, dtype=np.float64)
    row, col = np.meshgrid(q, q, indexing="ij")
    root = np.sqrt((2 * row + 1) * (2 * col + 1))
    measure = r.choice(["legs", "legt", "lagt"])
    a = {"legs": np.where(row > col, -root, np.where(row == col, -(row + 1), 0)),
         "legt": -root / 2 * np.where(row < col, np.where((row - col) % 2 == 0, 1, -1), 1),
         "lagt": np.where(row > col, -1, np.where(row == col, -0.5, 0))}[measure]
    if r.random() < 0.7: return {"matrix": "A", "measure": measure}, (n, n), a, 0
    b = {"legs": np.sqrt(2 * q + 1), "legt": np.sqrt(2 * q + 1) / 2, "lagt": np.ones(n)}[measure]
    return {"matrix": "B", "measure": measure}, (n,), b, 0


def s4d(r, dtype, seed):
    """state-spaces/s4, models/s4/s4.py, dplr(): its N is the number of states, of which one of each pair is kept."""
    n, rows, kind = r.randint(1, 64), r.randint(1, 5), r.choice(["lin", "inv", "real"])
    part, states = r.choice(["real", "log_real", "imaginary"]), r.choice([None, r.randint(1, 200)])
    k = np.arange(n, dtype=np.float64)
    s = states or 2 * n
    real = k + 1 if kind == "real" else np.full(n, 0.5)
    value = {"real": -real, "log_real": np.log(real), "imaginary": {
        "lin": np.pi * k, "inv": s / np.pi * (s / (2 * k + 1) - 1), "real": np.zeros(n)}[kind]}[part]
    return {"kind": kind, "part": part, "states": states}, (rows, n), np.tile(value, (rows, 1)), 2


def positions(r, dtype, seed):
    rows, columns, base = r.randint(1, 400), r.randint(2, 40), r.choice([10000.0, 500.0, 1e6])
    start, arrangement = r.choice([0, 0, r.randint(0, 5000)]), r.choice(["interleaved", "concatenated"])
    p = np.arange(start, start + rows, dtype=np.float64)[:, None]
    t = np.zeros((rows, columns))
    half = columns // 2
    if arrangement == "interleaved":
        f = base ** (-2 * np.arange((columns + 1) // 2) / columns)
        t[:, 0::2], t[:, 1::2] = np.sin(p * f), np.cos(p * f)[:, :half]
    else:
        f = base ** (-np.arange(half) / max(half - 1, 1))
        t[:, :half], t[:, half:2 * half] = np.sin(p * f), np.cos(p * f)
    return {"base": base, "arrangement": arrangement, "start": start}, t.shape, t, ("absolute", (start + rows) * 2.0**-50)


def rotary(r, dtype, seed):
    rows, half, base = r.randint(1, 300), r.randint(1, 40), r.choice([10000.0, 500000.0])
    arrangement, name = r.choice(["half", "repeated", "interleaved"]), r.choice(["cos", "sin"])
    angle = np.arange(rows, dtype=np.float64)[:, None] * base ** (-np.arange(half) / half)
    v = {"cos": np.cos, "sin": np.sin}[name](angle)
    v = {"half": v, "repeated": np.concatenate([v, v], 1), "interleaved": np.repeat(v, 2, 1)}[arrangement]
    return {"function": name, "arrangement": arrangement, "base": base}, v.shape, v, ("absolute", rows * 2.0**-50)


def linspace(r, dtype, seed):
    n, start, stop, end = r.randint(1, 50), r.uniform(-9, 9), r.uniform(-9, 9), r.random() < 0.5
    return {"start": start, "stop": stop, "endpoint": end}, (n,), np.linspace(start, stop, n, endpoint=end), 0


def one_hot(r, dtype, seed):
    n, indices = r.randint(1, 12), None
    indices = [r.randrange(n) for _ in range(r.randint(1, 9))]
    return {"indices": indices}, (len(indices), n), np.eye(n)[indices], 0


def gates(r, dtype, seed):
    gates, units, value = r.randint(1, 6), r.randint(1, 9), r.uniform(-3, 3)
    gate = r.randrange(gates)
    bias = np.zeros(gates * units)
    bias[gate * units:(gate + 1) * units] = value
    return {"value": value, "gate": gate, "gates": gates}, bias.shape, bias, 0


def scaled(name):
    """A normal or uniform whose parameter is worked out in double; pow may differ by a unit in float64."""
    def make(r, dtype, seed):
        w = Weight(r)
        config, shape, ulps = {"layout": w.layout, "seed": seed}, w.shape, 0
        if name == "DepthScaledNormal":
            # EleutherAI/gpt-neox, megatron/model/init_functions.py, scaled_init_method_normal.
            s, layers, branches = r.choice([0.02, 0.006, r.uniform(1e-3, 1)]), r.randint(1, 200), r.randint(1, 4)
            config = {"stddev": s, "layers": layers, "branches": branches, "seed": seed}
            value = s / math.sqrt(branches * layers)
        elif name == "SmallInit":
            # The same file, small_init_init_method and wang_init_method.
            dim = r.randint(1, 20000)
            config, value = {"dim": dim, "seed": seed}, math.sqrt(2 / (5 * dim))
        elif name == "WangInit":
            dim, layers = r.randint(1, 20000), r.randint(1, 200)
            config, value = {"dim": dim, "layers": layers, "seed": seed}, 2 / layers / math.sqrt(dim)
        elif name == "Fixup":
            # hongyi-zhang/Fixup: its models take the fan of outputs; num_layers ** -0.5 for two weights in a branch,
            # ** -0.25 for three.
            branches, depth, mode = r.randint(1, 200), r.randint(2, 5), r.choice(["fan_in", "fan_out"])
            config.update(branches=branches, depth=depth, mode=mode)
            fan = w.fan_in if mode == "fan_in" else w.fan_out
            value, ulps = branches ** (-1 / (2 * depth - 2)) * math.sqrt(2 / fan), 2
        elif name == "TFixup":
            # layer6ai-labs/T-Fixup, fairseq/modules/transformer_layer.py; Xavier's gain of 1 / sqrt(2) for value
            # projections is taken back there by sqrt(2). Embeddings: fairseq/models/transformer.py.
            layers, part, gain = r.randint(1, 100), r.choice(["encoder", "decoder", "embedding"]), r.choice([1.0, 0.5])
            factor = (0.67 * layers ** (-1. / 4.) if part == "encoder" else (9 * layers) ** (-1. / 4.)) * gain
            config.update(layers=layers, part=part, gain=gain)
            if part == "embedding":
                shape = (r.randint(1, 30), r.randint(1, 30))
                return config, shape, normal(shape, seed, factor / math.sqrt(shape[1]), dtype), 2
            value, ulps = factor * math.sqrt(6 / (w.fan_in + w.fan_out)), 2
        elif name == "LoRA":
            # microsoft/LoRA, loralib/layers.py; huggingface/peft, tuners/lora/layer.py for the gaussian form.
            factor, form = r.choice("AAB"), r.choice(["kaiming_uniform", "gaussian"])
            config.update(factor=factor, form=form)
            if factor == "B": return config, shape, np.zeros(shape), 0
            if form == "gaussian": return config, shape, normal(shape, seed, 1 / w.outputs, dtype), 0
            value, ulps = math.sqrt(3) * (math.sqrt(2 / (1 + 5)) / math.sqrt(w.fan_in)), 2
            # Two roundings more than 1 / sqrt(fanIn); in 16 and 32 bits that is the same number but in rare cases.
            value = 1 / math.sqrt(w.fan_in) if abs(value * math.sqrt(w.fan_in) - 1) < 4 * 2.0**-52 else value
        elif name == "MuP":
            # microsoft/mup, mup/init.py, constant_std_init_: one axis that differs from the base shape or none leaves the
            # deviation, two divide it by the root of the width multiplier of the inputs.
            w = Weight(r, ["in_out", "out_in", "hwio", "oihw", "ohwi"])
            shape, axes = w.shape, LAYOUTS[w.layout]
            base = list(shape)
            for axis in axes[1] + axes[2]: base[axis] = r.choice([base[axis], r.randint(1, 9)])
            std, readout = r.choice([1.0, 0.02]), r.choice(["multiplier", "multiplier", "initializer"])
            config.update(layout=w.layout, stddev=std, base_shape=base, readout=readout)
            is_wide = [base[axis] != shape[axis] for axis in axes[1] + axes[2]]
            ratio = base[axes[1][0]] / shape[axes[1][0]]
            value, ulps = std, 2
            if all(is_wide): value = std * math.sqrt(ratio)
            elif is_wide[0] and readout == "initializer": value = std * ratio
        elif name == "DeepNorm":
            # Wang et al. (2022), figure 2; microsoft/torchscale, architecture/decoder.py and encoder.py, but for 0.87.
            n, m = r.randint(0, 100), r.randint(0, 100)
            part = "encoder" if m == 0 or (n > 0 and r.random() < 0.5) else "decoder"
            if part == "encoder": n = max(n, 1)
            beta = ((8 * n) ** -0.25 if m == 0 else 0.87 * (n**4 * m) ** (-1 / 16)) if part == "encoder" else (
                (8 * m) ** -0.25 if n == 0 else (12 * m) ** -0.25)
            config.update(encoder_layers=n, decoder_layers=m, part=part)
            value, ulps = beta * math.sqrt(2 / (w.fan_in + w.fan_out)), 2
        elif name == "Siren":
            omega, first = r.choice([30.0, r.uniform(0.5, 60)]), r.random() < 0.3
            config.update(omega=omega, is_first=first)
            value = 1 / w.fan_in if first else math.sqrt(6 / w.fan_in) / omega
        elif name == "VarianceScaling":
            scale, mode = r.uniform(0.1, 5), r.choice(["fan_in", "fan_out", "fan_avg"])
            config.update(scale=scale, mode=mode, distribution="untruncated_normal")
            n = {"fan_in": w.fan_in, "fan_out": w.fan_out, "fan_avg": (w.fan_in + w.fan_out) / 2}[mode]
            value = math.sqrt(scale / max(1, n))
        if name in ("Siren", "TFixup", "LoRA"): return config, shape, uniform(shape, seed, -value, value, dtype), ulps
        return config, shape, normal(shape, seed, value, dtype), ulps
    return make


def layer_scale(r, dtype, seed):
    """Touvron et al. (2021), section 2.2; facebookresearch/deit, cait_models.py: 1e-5 for 24 layers, 1e-6 for 36 and 48."""
    depth, shape = r.choice([r.randint(1, 60), 18, 19, 24, 25]), (r.randint(1, 30),)
    return {"depth": depth}, shape, np.full(shape, 0.1 if depth <= 18 else 1e-5 if depth <= 24 else 1e-6), 0


def step_bias(r, dtype, seed):
    low, high, n = 10 ** r.uniform(-5, -2), 10 ** r.uniform(-1.5, 0.5), r.randint(1, 60)
    u = uniform((n,), seed, 0.0, 1.0, dtype).astype(np.float64)
    dt = np.maximum(np.exp(u * (np.log(high) - np.log(low)) + np.log(low)), 1e-4)
    # Near softplus^-1(ln 2) = 0 the difference is one of larger numbers.
    return {"dt_min": low, "dt_max": high, "seed": seed}, (n,), dt + np.log(-np.expm1(-dt)), ("absolute", 2.0**-46)


def sparse(r, dtype, seed):
    w = Weight(r, ["in_out", "out_in", "oihw", "ohwi", "hwio", "experts_in_out", "experts_out_in"])
    n, connections, s = math.prod(w.shape), r.randint(0, 20), r.uniform(0.01, 2)
    padded = -(-n // 16) * 16
    values = normal((2 * padded,), seed, s, dtype)[:n].reshape(w.shape)
    offset = 2 * padded if dtype == "float64" else padded
    keys = uniform((offset + padded,), seed, 0.0, 1.0, "float32")[offset:offset + n].reshape(w.shape)
    # Units in order of [outputs, copies]; within one, elements in their order in memory.
    place = np.arange(n).reshape(w.shape).transpose(w.order).reshape(w.outputs, w.inputs, w.copies, w.taps)
    place = np.sort(place.transpose(0, 2, 1, 3).reshape(w.outputs * w.copies, -1), axis=1)
    stays = np.zeros(n, bool)
    for unit in place:
        stays[unit[np.argsort(keys.reshape(-1)[unit], kind="stable")[:connections]]] = True
    return ({"connections": connections, "stddev": s, "layout": w.layout, "seed": seed}, w.shape,
            np.where(stays.reshape(w.shape), values, np.zeros((), values.dtype)), 0)


CLASSES = {"Dirac": dirac, "ZerO": zero, "IDInit": idinit, "HiPPO": hippo, "S4D": s4d, "SinusoidalTable": positions,
           "RotaryTable": rotary, "Linspace": linspace, "OneHot": one_hot, "ForgetGateBias": gates,
           "MambaDtBias": step_bias, "Sparse": sparse, "LayerScale": layer_scale,
           **{n: scaled(n) for n in ["DepthScaledNormal", "SmallInit", "WangInit", "Fixup", "TFixup", "DeepNorm", "MuP",
                                     "LoRA", "Siren", "VarianceScaling"]}}


class Case(collections.namedtuple("Case", "index name dtype seed")):
    """The values follow from the run's seed and the index; they are drawn where they are compared."""

    def summary(self):
        return (self.name, self.dtype), 1, f"--seed {self.seed} --case {self.index}"


def draw_case(run_seed, index):
    r = random.Random(f"{run_seed} {index}")
    return Case(index, r.choice(list(CLASSES)), r.choice(["float32", "float32", "float64", "float16"]), run_seed)


def compare(case):
    r = random.Random(f"{case.seed} {case.index} values")
    seed = r.choice([0, 7, r.randrange(2**31), -r.randrange(2**40)])
    config, shape, expected, bound = CLASSES[case.name](r, case.dtype, seed)
    config = {key: value for key, value in config.items() if value is not None}
    expected = np.asarray(expected).astype(case.dtype)
    arguments = ["sample", json.dumps({"class_name": case.name, "config": config}), "--shape",
                 ",".join(map(str, shape)), "--dtype", case.dtype]
    found_shape, raw = harness.sample(case.index, arguments)
    if found_shape != expected.shape: raise ValueError(f"shape {found_shape}, {expected.shape} expected")
    differing, failure = harness.compare_bytes(raw, expected.tobytes(), case.dtype)
    if differing and case.dtype == "float64" and bound != 0:
        found = np.frombuffer(raw, expected.dtype).reshape(shape)
        limit = bound[1] if isinstance(bound, tuple) else bound * np.spacing(np.abs(expected))
        differing = int(np.count_nonzero(~(np.abs(found - expected) <= limit)))
        failure = f"{failure}; {differing} beyond the bound" if differing else None
    return harness.Outcome(case.index, (case.name, case.dtype), expected.size, differing, failure,
                           harness.sample_command(arguments))


def prepare():
    global np, scipy, tf
    import numpy as np
    import scipy.linalg
    import tensorflow as tf


if __name__ == "__main__":
    sys.exit(harness.run("Formulas of papers against NumPy and SciPy", draw_case, compare, ("class", "dtype"),
                         ("numpy", "scipy", "tensorflow"), prepare=prepare))
