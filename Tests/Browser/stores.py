"""Stores that the browser test looks at: of a real model, of many variables, damaged, with hostile names."""

import json
import pathlib
import sqlite3
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]

HOSTILE = [
    "</script><script>document.title='broken'</script>",
    "<img src=x onerror=\"document.title='broken'\">",
    "\"quoted\" & 'quoted' <b>bold</b>",
    "<!--<script>",
    "right\u202eto\u202cleft",
    "a" * 300,
    "../../etc/passwd",
    "{{data}}{{script}}",
    "__proto__/constructor",
    "変数/重み 😀",
]


class Stores:
    """Makes stores and their reports in a folder."""

    def __init__(self, nascent, folder):
        self.nascent = nascent
        self.folder = pathlib.Path(folder)

    def run(self, *arguments):
        done = subprocess.run([self.nascent, *map(str, arguments)], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(map(str, arguments))}: {done.returncode}\n{done.stderr}")
        return done.stdout

    def materialize(self, name, graph, *options):
        store = self.folder / f"{name}.db"
        if not isinstance(graph, pathlib.Path):
            manifest = self.folder / f"{name}.json"
            manifest.write_text(json.dumps(graph))
            graph = manifest
        self.run("materialize", graph, "--store", store, "--quiet", *options)
        return store

    def report(self, store):
        page = store.with_suffix(".html")
        self.run("report", store, "--output", page)
        return page

    gpt2_manifest = ROOT / "Examples/models/gpt2.json"

    def gpt2(self):
        return self.materialize("gpt2", self.gpt2_manifest)

    def many(self, count=20_000):
        """That many variables of every kind, in modules."""
        kinds = ["he_uniform", "he_normal", "glorot_uniform", "zeros", "orthogonal",
                 {"class_name": "RandomNormal", "config": {"stddev": 0.02}}]
        variables = [
            {"name": f"stage{i // 2000}/block{i // 40 % 50}/layer{i % 40}/{'kernel' if i % 4 else 'bias'}",
             "shape": [24, 16 + i % 17] if i % 4 else [24], "initializer": kinds[i % len(kinds)] if i % 4 else "zeros"}
            for i in range(count)]
        return self.materialize("many", {"seed": 1, "variables": variables})

    def expressions(self):
        """Variables that are made of others."""
        variables = [{"name": f"layer{i}/kernel", "shape": [32, 32], "initializer": "he_normal"} for i in range(6)]
        variables += [{"name": f"layer{i}/transposed", "expression": {"op": "transpose", "of": [f"layer{i}/kernel"]}}
                      for i in range(6)]
        variables += [{"name": "fused", "expression": {
            "op": "concatenate", "of": [f"layer{i}/transposed" for i in range(6)], "axis": 0}}]
        return self.materialize("expressions", {"variables": variables, "tied": [["head", "layer0/kernel"]]})

    def hostile(self):
        """Names that a page could take for its own. Those with control characters no store has: reading refuses them."""
        variables = [{"name": name, "shape": [8, 8], "initializer": "he_uniform"} for name in HOSTILE]
        return self.materialize("hostile", {"variables": variables})

    def damaged(self):
        """A byte of two variables is flipped, and one value is taken away."""
        names = [f"block{i}/kernel" for i in range(12)]
        variables = [{"name": name, "shape": [600, 500], "initializer": "he_uniform"} for name in names]
        store = self.materialize("damaged", {"variables": variables})
        with sqlite3.connect(store) as db:
            blocks = db.execute("""SELECT block_id, block_offset FROM chunk WHERE payload_id IN (
                SELECT payload_id FROM variable WHERE name IN ('block3/kernel', 'block7/kernel')) AND number = 0""").fetchall()
            for block, offset in blocks:
                data = bytearray(db.execute("SELECT bytes FROM block WHERE id = ?", (block,)).fetchone()[0])
                data[offset + 100] ^= 1
                db.execute("UPDATE block SET bytes = ? WHERE id = ?", (bytes(data), block))
            db.execute("UPDATE variable SET payload_id = NULL WHERE name = 'block5/kernel'")
        return store
