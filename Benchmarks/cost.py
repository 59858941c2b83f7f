"""The rows that say what the store costs beside the bytes: rows of many variables, one variable of many, one slice of a
large tensor. A process is timed with its start; its processor time stands beside, as another program on the machine does
not change it much."""
import json
import os
import statistics

MIB = 1 << 20


def rows(bench, ours, command):
    one_of_many(bench, ours, command)
    large_tensor(bench, ours)
    values(bench, ours)
    many_small(bench, command)
    plans(bench, command)
    ram_disk(bench, ours, command)
    chains(bench, command)


def write_manifest(path, variables, *arguments):
    """Writes a manifest of what `variables` returns: variables, and rules.

    A process of its own makes it: the system counts the most memory that this one has had to what it starts."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            found, rules = variables(*arguments)
            with open(path, "w") as file:
                json.dump({"format": "nascent.graph/1", "seed": 1, "variables": found, "rules": rules}, file)
            status = 0
        finally:
            os._exit(status)
    if os.waitpid(child, 0)[1] != 0:
        raise SystemExit(f"{path} could not be written")


def small(count):
    """Variables of 1 KiB, as a manifest has them."""
    return [{"name": f"layer{i}/kernel", "shape": [256], "initializer": "he_uniform"} for i in range(count)], []


def equal_tensors():
    """1 GiB in 64 tensors."""
    return [{"name": f"layer{i}", "shape": [4096, 1024], "initializer": "he_uniform"} for i in range(64)], []


def chain(count):
    """Expressions, each of the one before."""
    first = {"name": "v0", "shape": [16], "initializer": "he_uniform"}
    return [first] + [{"name": f"v{i}", "expression": {"op": "add", "of": [f"v{i - 1}", "v0"]}} for i in range(1, count)], []


def one_of_many(bench, ours, command):
    """One variable, or ten of its elements, of a store of few, many and very many: the time must not grow."""
    if not (bench.is_wanted("one") or bench.is_wanted("show")):
        return
    for count in (100, 20_000, 100_000, 1_000_000):
        if count == 1_000_000 and not bench.is_wanted("one") or count == 100_000 and not bench.is_wanted("show"):
            continue
        file = bench.path("one.db")
        ours("materialize", "--file", file, "--variables", count, "--shape", 256, "--runs", 0, "--keep")()
        name = f"layer{count * 3 // 4}/kernel"
        if count != 100_000:
            for work, extra in [("one tensor", []), ("a slice of one", ["--elements", 10])]:
                bench.alone("one", f"{work} of {count:,}, opening the store", ours("read-one", "--file", file, "--name", name, *extra), "≤ 2 ms")
        if count != 1_000_000:
            for work, arguments in [("show", [name]), ("slice", [name, "--rank", "3/8", "--output", bench.path("slice.npy")])]:
                bench.alone(
                    "show", f"`nascent {work} S NAME`, {count:,} variables, as a process", command(work, file, *arguments),
                    "≤ 40 ms, ≤ 40 MiB", memory=True, processor=True)
        bench.remove("one.db")


def large_tensor(bench, ours):
    if not bench.is_wanted("large-slice"):
        return
    file = bench.path("large.db")
    for kind, work in [("recipe", "1 MiB of a tensor of 100 GB, made from its recipe, whose digests are proved to the root"),
                       ("bytes", "1 MiB of a tensor of 100 GB, read from equal test bytes, proved to the root")]:
        ours("make-large", "--file", file, *(["--recipe"] if kind == "recipe" else []))()
        bench.alone("large-slice", work, ours("read-large", "--file", file), "≤ 15 ms")
        bench.remove("large.db")


def values(bench, ours):
    if not bench.is_wanted("values"):
        return
    file = bench.path("values.db")
    ours("materialize", "--file", file, "--variables", 2_000, "--shape", 256, "--runs", 0, "--keep")()
    bench.alone("values", "`runtime.value(of:)` for each of 2,000 stored variables of 1 KiB", ours("values", "--file", file), "≤ 0.1 s")
    bench.remove("values.db")
    ours("declare", "--file", file, "--variables", 2_000)()
    bench.alone("values", "the same, declared and not made; the store is opened for reading", ours("values", "--file", file), "≤ 0.5 s")
    bench.remove("values.db")


def many_small(bench, command):
    for count, name, goal in [(100_000, "many", "≤ 1.5 s, ≤ 200 MiB"), (1_000_000, "million", "≤ 15 s, ≤ 600 MiB")]:
        if not bench.is_wanted(name):
            continue
        manifest, file = bench.path("many.json"), bench.path("many.db")
        write_manifest(manifest, small, count)
        arguments = ["materialize", manifest, "--store", file, "--quiet"]
        bench.alone(
            name, f"{count:,} variables of 1 KiB into a new store, as a process",
            command(*arguments, before=lambda: bench.remove("many.db")), goal, memory=True, processor=True)
        larger = os.path.getsize(file) / (1024 * count) - 1
        bench.add("its file against its data", f"{larger:.1%} larger", "–", "–", "≤ 25 %")
        if count == 100_000:
            bench.alone(name, "the same again, all skipped", command(*arguments), "≤ 0.4 s of processor time", memory=True, processor=True)
        bench.remove("many.db")


def plans(bench, command):
    if not bench.is_wanted("plan-json"):
        return
    manifest = bench.path("plan.json")
    write_manifest(manifest, small, 100_000)
    bench.alone("plan-json", "`nascent plan` of 100,000 variables from JSON, as a process", command("plan", manifest), "≤ 0.6 s", memory=True, processor=True)
    write_manifest(manifest, deepseek_v3)
    bench.alone(
        "plan-json", "`nascent plan` of DeepSeek-V3's table, 45,395 tensors, as a process", command("plan", manifest),
        "≤ 0.35 s of processor time", memory=True, processor=True)


def ram_disk(bench, ours, command):
    """1 GiB where no disk is waited for: what storing adds to making and hashing."""
    if not bench.is_wanted("ram") or not os.path.isdir("/dev/shm"):
        return
    folder = f"/dev/shm/nascent-benchmark-{os.getpid()}"
    os.makedirs(folder)
    try:
        manifest, file = os.path.join(folder, "m.json"), os.path.join(folder, "m.db")
        write_manifest(manifest, equal_tensors)

        def remove():
            for path in (file, file + "-journal"):
                if os.path.exists(path):
                    os.remove(path)

        stored, recipe, raw = [], [], []
        for _ in range(bench.options.rounds):
            stored.append(command("materialize", manifest, "--store", file, "--quiet", before=remove)())
            recipe.append(command("materialize", manifest, "--store", file, "--quiet", "--recipe-only", before=remove)())
            remove()
            raw.append(ours("raw-write", "--file", os.path.join(folder, "raw"), "--runs", 0)())
        ratio = statistics.median(a.processor / (b.processor + c.processor) for a, b, c in zip(stored, recipe, raw))
        a, b, c = (statistics.median(side.processor for side in sides) for sides in (stored, recipe, raw))
        bench.add(
            "1 GiB in 64 tensors of he_uniform on a RAM disk, processor time", f"{a:.2f} s",
            f"`--recipe-only`: {b:.2f} s, and a raw write: {c:.2f} s", f"{ratio:.2f} × their sum", "≤ 1.2 ×")
        remove()
        os.remove(manifest)
    finally:
        for name in os.listdir(folder):
            os.remove(os.path.join(folder, name))
        os.rmdir(folder)


def chains(bench, command):
    if not bench.is_wanted("chains"):
        return
    manifest, file = bench.path("chain.json"), bench.path("chain.db")
    for count in (750, 1_500, 3_000):
        write_manifest(manifest, chain, count)
        bench.alone(
            "chains", f"a chain of {count:,} expressions, as a process",
            command("materialize", manifest, "--store", file, "--quiet", before=lambda: bench.remove("chain.db")), "linear", memory=True, processor=True)
        bench.remove("chain.db")


def deepseek_v3():
    """The parameter table of DeepSeek-V3 (bfloat16, 61 layers, 256 experts), by its published configuration."""
    hidden, inner, expert, experts, layers, dense, vocabulary = 7168, 18432, 2048, 256, 61, 3, 129280
    query_rank, key_rank, heads, plain, rotary, value = 1536, 512, 128, 128, 64, 128
    table = []

    def add(name, *shape, dtype="bfloat16"):
        table.append({"name": name, "shape": list(shape), "dtype": dtype})

    def perceptron(prefix, width):
        add(prefix + "gate_proj.weight", width, hidden)
        add(prefix + "up_proj.weight", width, hidden)
        add(prefix + "down_proj.weight", hidden, width)

    add("model.embed_tokens.weight", vocabulary, hidden)
    for i in range(layers):
        layer = f"model.layers.{i}."
        attention = layer + "self_attn."
        add(attention + "q_a_proj.weight", query_rank, hidden)
        add(attention + "q_a_layernorm.weight", query_rank)
        add(attention + "q_b_proj.weight", heads * (plain + rotary), query_rank)
        add(attention + "kv_a_proj_with_mqa.weight", key_rank + rotary, hidden)
        add(attention + "kv_a_layernorm.weight", key_rank)
        add(attention + "kv_b_proj.weight", heads * (plain + value), key_rank)
        add(attention + "o_proj.weight", hidden, heads * value)
        if i < dense:
            perceptron(layer + "mlp.", inner)
        else:
            add(layer + "mlp.gate.weight", experts, hidden)
            add(layer + "mlp.gate.e_score_correction_bias", experts, dtype="float32")
            for number in range(experts):
                perceptron(f"{layer}mlp.experts.{number}.", expert)
            perceptron(layer + "mlp.shared_experts.", expert)
        add(layer + "input_layernorm.weight", hidden)
        add(layer + "post_attention_layernorm.weight", hidden)
    add("model.norm.weight", hidden)
    add("lm_head.weight", vocabulary, hidden)
    rules = [{"match": "*norm.weight", "initializer": "ones"}, {"match": "*bias", "initializer": "zeros"},
             {"match": "*", "initializer": {"class_name": "RandomNormal", "config": {"mean": 0.0, "stddev": 0.006}}}]
    return table, rules
