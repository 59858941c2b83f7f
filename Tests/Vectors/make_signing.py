"""Writes Tests/Vectors/signing/: a small model, keys by OpenSSL, and signatures by model_signing.

    pip install -r Tests/Differential/requirements-signing.txt
    python Tests/Vectors/make_signing.py

The keys are for these tests only: everybody has them.
"""
import os
import pathlib
import shutil
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent / "signing"
MODEL = FOLDER / "model"


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def sign(target, signature, *options):
    program = pathlib.Path(sys.executable).with_name("model_signing")
    subprocess.run([program, "sign", "key", target, "--private_key", "sec1.pem", "--signature", signature, *options],
                   check=True, cwd=FOLDER)


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    (MODEL / "sub").mkdir(parents=True)
    (MODEL / "a.bin").write_bytes(bytes(range(256)))
    (MODEL / "empty").write_bytes(b"")
    (MODEL / "sub" / "b.bin").write_bytes(b"sub")
    # By parts sub/b.bin goes before sub-c, by characters behind it.
    (MODEL / "sub-c").write_bytes(b"x")
    (MODEL / "é 重み").write_bytes("é".encode())

    openssl("ecparam", "-name", "prime256v1", "-genkey", "-out", FOLDER / "sec1.pem")
    openssl("pkcs8", "-topk8", "-nocrypt", "-in", FOLDER / "sec1.pem", "-out", FOLDER / "pkcs8.pem")
    openssl("pkey", "-in", FOLDER / "sec1.pem", "-pubout", "-out", FOLDER / "public.pem")
    openssl("ec", "-in", FOLDER / "sec1.pem", "-aes256", "-passout", "pass:x", "-out", FOLDER / "encrypted-sec1.pem")
    openssl("pkey", "-in", FOLDER / "sec1.pem", "-aes256", "-passout", "pass:x", "-out",
            FOLDER / "encrypted-pkcs8.pem")
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", FOLDER / "other.pem")
    openssl("pkey", "-in", FOLDER / "other.pem", "-pubout", "-out", FOLDER / "other-public.pem")
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out", FOLDER / "p384.pem")
    openssl("pkey", "-in", FOLDER / "p384.pem", "-pubout", "-out", FOLDER / "p384-public.pem")

    sign("model", "folder.sig")
    sign("model/a.bin", "file.sig")
    sign("model", "ignored.sig", "--ignore-paths", "model/sub", "--ignore-paths", "model/empty")


if __name__ == "__main__":
    main()
