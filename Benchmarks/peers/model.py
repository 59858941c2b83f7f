"""The variables of a decoder-only model of 1.3 billion parameters, as (name, shape)."""


def variables(layers=24, width=2048, vocabulary=50257, context=2048):
    yield "wte.weight", (vocabulary, width)
    yield "wpe.weight", (context, width)
    for layer in range(layers):
        for name, rows, columns in [
            ("attention.qkv", 3 * width, width),
            ("attention.out", width, width),
            ("mlp.up", 4 * width, width),
            ("mlp.down", width, 4 * width),
        ]:
            yield f"layers.{layer}.{name}.weight", (rows, columns)
            yield f"layers.{layer}.{name}.bias", (rows,)


def manifest():
    """A graph manifest of the same variables, drawn as torch.nn draws them: uniform, embeddings normal."""
    uniform = {"class_name": "VarianceScaling", "config": {"scale": 1 / 3, "mode": "fan_out", "distribution": "uniform"}}
    return {
        "format": "nascent.graph/1",
        "seed": 0,
        "variables": [{"name": name, "shape": list(shape)} for name, shape in variables()],
        "rules": [
            {"match": "w?e.weight", "initializer": {"class_name": "RandomNormal", "config": {"stddev": 1.0}}},
            {"match": "*", "initializer": uniform},
        ],
    }
