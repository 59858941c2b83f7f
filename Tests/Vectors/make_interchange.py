"""Writes Tests/Vectors/interchange/: small model files made by the libraries whose formats they are.

    pip install -r Tests/Differential/requirements-interchange.txt
    python Tests/Vectors/make_interchange.py

values.json says what is in them: name, dtype, shape, and the row-major little-endian bytes as hexadecimal digits.
"""
import io
import json
import os
import zipfile

import ml_dtypes
import numpy as np
import safetensors.torch
import torch

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "interchange")
TYPES = ["float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64",
         "uint8", "uint16", "uint32", "uint64", "bool"]


def dtype(name):
    return np.dtype(getattr(ml_dtypes, name) if name == "bfloat16" else name)


def values():
    arrays = {}
    for name in TYPES:
        width = dtype(name).itemsize
        raw = bytes((37 * k + 11) % 256 for k in range(6 * width))
        arrays[f"matrix/{name}"] = (
            np.array([[1, 0, 1], [0, 0, 1]], bool) if name == "bool"
            else np.frombuffer(raw, dtype(name)).reshape(2, 3))
    arrays["cube"] = np.arange(2 * 3 * 5, dtype=np.int16).reshape(2, 3, 5)
    arrays["empty"] = np.zeros((0, 3), np.float32)
    arrays["scalar"] = np.array(-0.1)
    arrays["ébène/重み \"q\""] = np.array([1.5, np.nan, -np.inf], np.float32)
    return arrays


def tensor(array):
    array = np.array(array, copy=True)
    if array.dtype == ml_dtypes.bfloat16:
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def path(name):
    return os.path.join(FOLDER, name)


def write_npy(name, array, version=None):
    with open(path(name), "wb") as file:
        np.lib.format.write_array(file, array, version=version)


class Pipe(io.RawIOBase):
    """A stream that cannot go back, so that the archive says sizes behind the bytes."""

    def __init__(self, file):
        self.file = file

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)


def main():
    os.makedirs(FOLDER, exist_ok=True)
    arrays = values()
    rows = [{"name": name, "dtype": array.dtype.name, "shape": list(array.shape), "hex": array.tobytes().hex()}
            for name, array in arrays.items()]
    with open(path("values.json"), "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
    safetensors.torch.save_file({n: tensor(a) for n, a in arrays.items()}, path("all.safetensors"), {"format": "pt"})
    by_name = dict(sorted(arrays.items(), key=lambda item: item[0].encode()))
    np.savez(path("all.npz"), **by_name)
    np.savez_compressed(path("compressed.npz"), **by_name)
    steps = (np.arange(4 << 20) // 4096).astype(np.int32)
    np.savez_compressed(path("compressed-large.npz"), steps=steps, columns=np.asfortranarray(steps.reshape(2048, 2048)))
    with zipfile.ZipFile(path("bzip2.npz"), "w", zipfile.ZIP_BZIP2) as archive, archive.open("cube.npy", "w") as member:
        np.lib.format.write_array(member, arrays["cube"])
    with open(path("streamed.npz"), "wb") as file, zipfile.ZipFile(Pipe(file), "w", zipfile.ZIP_STORED) as archive:
        with archive.open("cube.npy", "w") as member:
            np.lib.format.write_array(member, arrays["cube"])
    write_npy("version2.npy", arrays["cube"], (2, 0))
    write_npy("version3.npy", arrays["cube"], (3, 0))
    write_npy("column-major.npy", np.asfortranarray(arrays["cube"]))
    write_npy("big-endian.npy", arrays["cube"].astype(">i2"))
    write_npy("big-endian-column-major.npy", np.asfortranarray(arrays["cube"].astype(">f8")))
    write_npy("bfloat16.npy", arrays["matrix/bfloat16"])
    np.save(path("objects.npy"), np.array([{"a": 1}], object), allow_pickle=True)
    np.save(path("complex.npy"), np.zeros(2, np.complex64))
    np.save(path("structured.npy"), np.zeros(2, [("a", "<f4"), ("b", "<i4")]))
    safetensors.torch.save_file({"w": torch.zeros(2, dtype=torch.float8_e4m3fn)}, path("float8.safetensors"))


main()
