"""Makes a graph's shares as tasks of Ray, each of which calls the command, and merges them.

usage: ray_shares.py GRAPH PARTS OUT SHARES

PARTS is a folder that all nodes see. A task whose worker or node dies is run again by Ray; what it had
made on the disk it finds there.
"""

import pathlib
import subprocess
import sys

import ray


@ray.remote(num_cpus=1, max_retries=5)
def make_share(graph: str, parts: str, index: int, count: int) -> str:
    part = str(pathlib.Path(parts) / f"part-{index}.db")
    subprocess.run(
        ["nascent", "materialize", graph, "--store", part, "--shard", f"{index}/{count}", "--jobs", "1",
         "--quiet"],
        check=True, stderr=subprocess.PIPE)
    return part


def main() -> int:
    graph, parts, out, count = sys.argv[1:5]
    pathlib.Path(parts).mkdir(parents=True, exist_ok=True)
    ray.init(ignore_reinit_error=True)
    made = ray.get([
        make_share.remote(graph, parts, index, int(count)) for index in range(int(count))
    ])
    return subprocess.run(["nascent", "merge", "--store", out, *made]).returncode


if __name__ == "__main__":
    sys.exit(main())
