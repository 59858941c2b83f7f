"""Checks that every initializer of the installed frameworks has a row in Docs/Initializers.md.

    venv/bin/python Tests/Differential/names.py

Reads the modules themselves, so a new version of a framework that brings an initializer fails here. What is not
installed is left out; MLX, Burn and Sonnet are compared with lists that were read from their sources, in
Tests/CommandTests/DocumentationTests.swift. Prints a line a module; a name without a row makes the exit code 1.
"""
import importlib
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "Docs" / "Initializers.md"
MODULES = {  # module: the section with its rows
    "tensorflow.compat.v2.initializers": "### TensorFlow", "tensorflow.compat.v1.initializers": "### TensorFlow",
    "keras.initializers": "### TensorFlow", "jax.nn.initializers": "### JAX", "flax.linen.initializers": "### JAX",
    "flax.nnx.initializers": "### JAX", "torch.nn.init": "### PyTorch"}
HOMES = ("initializers", "nn.init", "init_ops", "ops.variables", "lookup_ops")  # where functions of such modules come from


def initializers(module):
    """The public names of a module that are its own functions and classes, not what it imports to write them."""
    members = {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}
    return [name for name, value in members.items() if callable(value)
            and any(home in (getattr(value, "__module__", None) or "") for home in HOMES)]


def main():
    text, missing = DOCUMENT.read_text(encoding="utf-8"), 0
    for path, heading in MODULES.items():
        package, *rest = path.split(".")
        try:
            module = importlib.import_module(package)
        except ImportError:
            continue
        for part in rest:
            # Some are modules to import, some are made by the package itself.
            found = getattr(module, part, None)
            module = found if found is not None else importlib.import_module(f"{module.__name__}.{part}")
        section = text.split(heading, 1)[1].split("\n##", 1)[0]
        theirs = " ".join(line.split("|")[1] for line in section.splitlines() if line.startswith("|"))
        names = initializers(module)
        without = [name for name in names if f"`{name}`" not in theirs]
        print(f"{path}: {len(names)} names, {len(names) - len(without)} with a row", *without)
        missing += len(without) + (not names)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
