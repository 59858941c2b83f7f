"""Writes stores of the present format as inputs of the fuzzer; to be run again when the format changes.

    python3 Tests/Fuzz/make_stores.py .build/debug/nascent
"""
import json, pathlib, sqlite3, subprocess, sys, tempfile

CORPUS = pathlib.Path(__file__).parent / "Corpus" / "store"
VALUES = {
    "seed": 5,
    "variables": [
        {"name": "kernel", "shape": [6, 4], "initializer": "he_uniform"},
        {"name": "mix", "shape": [5, 4], "dtype": "float64", "initializer": "orthogonal"},
        {"name": "bias", "shape": [4], "dtype": "bfloat16", "initializer": "random_normal"},
        {"name": "none", "shape": [0, 2], "initializer": "zeros"},
        {"name": "turned", "dtype": "float64", "expression": {"op": "transpose", "of": "mix"}},
    ],
    "tied": [["second", "kernel"]],
}
LONG = {
    "seed": 5,
    "variables": [
        {"name": "long", "shape": [1 << 19], "initializer": "zeros"},
        {"name": "bias", "shape": [4], "initializer": "random_normal"},
    ],
}


def main(nascent):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)

        def run(*arguments):
            subprocess.run([nascent, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)

        def keep(store, name):
            with sqlite3.connect(store) as db:
                db.execute("PRAGMA page_size = 512")
            db.execute("VACUUM")
            db.close()
            (CORPUS / name).write_bytes(store.read_bytes())

        for name, graph in [("values", VALUES), ("long", LONG)]:
            (folder / f"{name}.json").write_text(json.dumps(graph))
        values, recipe, long = folder / "values.db", folder / "recipe.db", folder / "long.json"
        make = ["materialize", folder / "values.json", "--quiet", "--store"]
        run(*make, values)
        run(*make, values, "--checkpoint", "two", "--only", "kernel")
        run(*make, recipe, "--recipe-only")
        part = ["materialize", long, "--quiet", "--recipe-only", "--shard"]
        run(*part, "1/2", "--store", folder / "part.db")
        make = ["materialize", long, "--quiet", "--store"]
        run(*make, folder / "0.db")
        run("merge", "--catalog", "--store", folder / "catalog.db", folder / "0.db")
        for store in ["values", "recipe", "part", "catalog"]:
            keep(folder / f"{store}.db", store)


main(sys.argv[1])
