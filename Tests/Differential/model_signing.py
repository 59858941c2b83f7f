"""Checks `nascent sign` and `verify-signature` against model_signing itself.

    python -m venv venv && venv/bin/pip install -r requirements-signing.txt
    swift build -c release --product nascent
    venv/bin/python Tests/Differential/model_signing.py [--nascent PATH] [--seed S]

Models of random files are signed by one tool and verified by the other: a file, a folder, safetensors shards with their
index, with keys in SEC 1 and PKCS #8, with and without paths that are left out. Then one thing is changed (a byte, a
file more, a file less, two names swapped, the signed payload, another key), and both must refuse. A checkpoint's
signature is given to model_signing with the line that `nascent fingerprint` prints. Prints a table; a cell that is not "yes" makes the
exit code 1.
"""
import argparse
import base64
import collections
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

TOOL = pathlib.Path(sys.executable).with_name("model_signing")
Model = collections.namedtuple("Model", "path files")


class Tools:
    """Both programs, in one folder with keys."""

    def __init__(self, nascent, folder):
        self.nascent = nascent
        self.folder = folder
        for name in ("key", "other"):
            self.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{name}.pem")
            self.openssl("pkey", "-in", f"{name}.pem", "-pubout", "-out", f"{name}-public.pem")
        self.openssl("ecparam", "-name", "prime256v1", "-genkey", "-out", "sec1.pem")
        self.openssl("pkey", "-in", "sec1.pem", "-pubout", "-out", "sec1-public.pem")

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=self.folder)

    def run(self, *command):
        return subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=self.folder)

    def sign(self, tool, target, signature, key="key", ignored=()):
        if tool == "nascent":
            options = [part for path in ignored for part in ("--ignore", path)]
            return self.run(self.nascent, "sign", target, "--key", f"{key}.pem", "--signature", signature, *options)
        options = [part for path in ignored for part in ("--ignore-paths", path)]
        return self.run(TOOL, "sign", "key", target, "--private_key", f"{key}.pem", "--signature", signature, *options)

    def verify(self, tool, target, signature, key="key"):
        if tool == "nascent":
            return self.run(self.nascent, "verify-signature", target, "--key", f"{key}-public.pem",
                            "--signature", signature)
        return self.run(TOOL, "verify", "key", target, "--public_key", f"{key}-public.pem", "--signature", signature)


def random_model(source, path):
    """A folder of random files, some of them in folders, some with names in Unicode, and one of them empty."""
    for name in ["config.json", "weights.bin", "sub/a.bin", "sub/deeper/b.bin", "sub-c", "ébène 重み", "empty"]:
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"" if name == "empty" else source.randbytes(source.randrange(1, 300_000)))
    return path


def exported(tools):
    """A store, its export as one file, and as shards with their index."""
    graph = tools.folder / "graph.json"
    graph.write_text(json.dumps({"seed": 3, "variables": [
        {"name": f"layer{k}/kernel", "shape": [200, 100], "initializer": "he_uniform"} for k in range(6)]}))
    single, shards = tools.folder / "single.safetensors", tools.folder / "shards"
    shards.mkdir()
    for command in (["materialize", graph, "--store", "s.db", "--quiet"], ["export", "s.db", single],
                    ["export", "s.db", shards / "model.safetensors", "--max-shard-bytes", "200000"]):
        result = tools.run(tools.nascent, *command)
        assert result.returncode == 0, result.stderr
    assert len(list(shards.iterdir())) > 2
    return single, shards


def changed_byte(folder, source):
    path = folder / "weights.bin"
    data = bytearray(path.read_bytes())
    data[source.randrange(len(data))] ^= 1 << source.randrange(8)
    path.write_bytes(data)


def swapped(folder, source):
    first, second, third = folder / "weights.bin", folder / "sub-c", folder / "third"
    first.rename(third), second.rename(first), third.rename(second)


CHANGES = {
    "a byte": changed_byte,
    "a file more": lambda folder, source: (folder / "more").write_bytes(b""),
    "a file less": lambda folder, source: (folder / "sub/deeper/b.bin").unlink(),
    "two names swapped": swapped,
}


def with_payload(signature, old, new):
    """The bundle with other bytes in what it signs."""
    bundle = json.loads(signature.read_text())
    payload = base64.b64decode(bundle["dsseEnvelope"]["payload"])
    assert old in payload
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(payload.replace(old, new)).decode()
    signature.write_text(json.dumps(bundle))


class Table:
    def __init__(self):
        self.rows, self.bad = [], 0

    def add(self, what, signer, verifier, result, wanted):
        good = (result.returncode == 0) == wanted and (wanted or result.returncode == 1)
        self.bad += not good
        self.rows.append((what, signer, verifier, "accepted" if result.returncode == 0 else "refused",
                          "yes" if good else f"NO ({(result.stdout + result.stderr).strip()[-200:]})"))

    def print(self):
        rows = [("what", "signed by", "verified by", "verdict", "as it must be"), *self.rows]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        for row in rows:
            print("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[4]]))
        print(f"{len(self.rows)} verifications, {self.bad} not as they must be")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--nascent", default=".build/release/nascent", help="the command (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the files (default: %(default)s)")
    options = parser.parse_args()
    source, table = random.Random(options.seed), Table()
    with tempfile.TemporaryDirectory() as name:
        tools = Tools(os.path.abspath(options.nascent), pathlib.Path(name))
        single, shards = exported(tools)
        folder = random_model(source, tools.folder / "model")
        (folder / ".gitattributes").write_text("*.bin filter=lfs\n")
        cases = [("file", single, "key", ()), ("file, SEC 1 key", single, "sec1", ()),
                 ("shards and index", shards, "key", ()), ("folder", folder, "key", ()),
                 ("folder, SEC 1 key", folder, "sec1", ()),
                 ("folder, paths left out", folder, "key", (folder / "sub", folder / "empty"))]
        for what, target, key, ignored in cases:
            for signer, verifier in (("nascent", "model_signing"), ("model_signing", "nascent"),
                                     ("nascent", "nascent"), ("model_signing", "model_signing")):
                # The signature inside the folder must be left out by itself.
                signature = target / "model.sig" if target.is_dir() else tools.folder / "model.sig"
                signed = tools.sign(signer, target, signature, key, ignored)
                assert signed.returncode == 0, signed.stderr
                table.add(what, signer, verifier, tools.verify(verifier, target, signature, key), True)
                other = tools.verify(verifier, target, signature, "other")
                table.add(f"{what}, another key", signer, verifier, other, False)
                signature.unlink()
        signature = tools.folder / "model.sig"
        for signer in ("nascent", "model_signing"):
            for what, change in CHANGES.items():
                copy = tools.folder / "copy" / "model"
                shutil.copytree(folder, copy)
                assert tools.sign(signer, copy, signature).returncode == 0
                change(copy, source)
                for verifier in ("nascent", "model_signing"):
                    table.add(what, signer, verifier, tools.verify(verifier, copy, signature), False)
                shutil.rmtree(copy.parent)
            assert tools.sign(signer, folder, signature).returncode == 0
            with_payload(signature, b"sub-c", b"sub-d")
            for verifier in ("nascent", "model_signing"):
                table.add("the payload", signer, verifier, tools.verify(verifier, folder, signature), False)
        # A checkpoint: model_signing knows its fingerprint's line, Nascent the store.
        assert tools.sign("nascent", "s.db", signature).returncode == 0
        line = tools.folder / "fingerprint.txt"
        line.write_text(tools.run(tools.nascent, "fingerprint", "s.db").stdout)
        table.add("checkpoint", "nascent", "nascent", tools.verify("nascent", "s.db", signature), True)
        table.add("checkpoint's fingerprint", "nascent", "model_signing",
                  tools.verify("model_signing", line, signature), True)
        line.write_text(line.read_text().replace(" ", "  "))
        table.add("another fingerprint", "nascent", "model_signing",
                  tools.verify("model_signing", line, signature), False)
    table.print()
    return 1 if table.bad else 0


if __name__ == "__main__":
    sys.exit(main())
