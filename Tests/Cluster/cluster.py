"""Makes one model with every launcher, and with workers that are killed, and compares the digests.

usage: cluster.py --nascent PATH [--manifest GRAPH]

Slurm runs with two virtual nodes on this machine, as root, with ports, spool folders and a munge key of its
own under a temporary folder; all of it is stopped at the end. A launcher that is not installed is skipped,
and the table says so.
"""

import argparse
import contextlib
import importlib.util
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "Examples" / "cluster"


class Skipped(Exception):
    """A launcher that cannot be tried here, and why."""


class Bench:
    """The model, the command, and a folder for what is made."""

    def __init__(self, nascent: pathlib.Path, manifest: pathlib.Path, folder: pathlib.Path):
        self.nascent = nascent
        self.manifest = manifest
        self.folder = folder
        tools = folder / "bin"
        tools.mkdir()
        (tools / "nascent").symlink_to(nascent)
        self.environment = {
            key: value for key, value in os.environ.items()
            if not key.startswith(("SLURM_", "OMPI_", "PMI_")) and key not in ("RANK", "WORLD_SIZE")
        }
        self.environment["PATH"] = f"{tools}:{self.environment['PATH']}"
        self.environment["NASCENT_LOCAL"] = str(folder)

    def place(self, name: str) -> pathlib.Path:
        place = self.folder / name
        place.mkdir()
        return place

    def run(self, *command, check=True, **options) -> subprocess.CompletedProcess:
        done = subprocess.run(
            [str(part) for part in command], env=self.environment, capture_output=True, text=True,
            **options)
        if check and done.returncode != 0:
            raise RuntimeError(
                f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def digest(self, store: pathlib.Path) -> str:
        digests = self.run("nascent", "fingerprint", store).stdout.split()
        if len(digests) != 2:
            raise RuntimeError(f"{store} is not whole: it has no content digest")
        return digests[1]

    def merge(self, parts, out: pathlib.Path) -> str:
        self.run("nascent", "merge", "--store", out, *parts)
        return self.digest(out)


def one_machine(bench: Bench):
    store = bench.folder / "one.db"
    bench.run("nascent", "materialize", bench.manifest, "--store", store, "--quiet")
    return bench.digest(store), "1 process"


def free_ports(count: int):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


class Slurm:
    """A controller and two nodes on this machine, stopped when the block ends."""

    def __init__(self, bench: Bench):
        for tool in ("slurmctld", "slurmd", "srun", "sbatch", "munged"):
            if shutil.which(tool) is None and not pathlib.Path("/usr/sbin", tool).exists():
                raise Skipped(f"{tool} is not installed (Debian: slurm-wlm, munge)")
        if os.geteuid() != 0:
            raise Skipped("two nodes on one machine need root")
        self.bench = bench
        self.folder = bench.place("slurm")
        self.processes = []

    def __enter__(self):
        folder, host = self.folder, socket.gethostname().split(".")[0]
        bench = self.bench
        bench.environment["PATH"] += ":/usr/sbin:/sbin"
        # Munge wants a folder that all may enter, with a key that nobody else may read.
        for place in (bench.folder, folder):
            place.chmod(0o711)
        munge = folder / "munge"
        munge.mkdir(mode=0o711)
        key = munge / "key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        ports = free_ports(3)
        for name in ("state", "n1", "n2"):
            (folder / name).mkdir()
        (folder / "slurm.conf").write_text(f"""\
ClusterName=nascent
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={munge}/socket
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=2
MpiDefault=none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=4 State=UNKNOWN
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=4 State=UNKNOWN
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
""")
        bench.environment["SLURM_CONF"] = str(folder / "slurm.conf")
        self.start("munged", "--foreground", f"--key-file={key}", f"--socket={munge}/socket",
                   f"--pid-file={munge}/pid", f"--log-file={munge}/log", f"--seed-file={munge}/seed")
        self.wait(lambda: (munge / "socket").exists(), "munged")
        self.start("slurmctld", "-D", "-c")
        for node in ("n1", "n2"):
            self.start("slurmd", "-D", "-N", node)
        self.wait(self.is_idle, "the nodes")
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start(self, *command):
        log = open(self.folder / f"{command[0]}-{len(self.processes)}.log", "w")
        self.processes.append(subprocess.Popen(
            command, env=self.bench.environment, stdout=log, stderr=log))

    def is_idle(self) -> bool:
        found = self.bench.run("sinfo", "--noheader", "--format=%D %T", check=False)
        return found.stdout.split() == ["2", "idle"]

    def wait(self, is_ready, what: str, seconds: float = 60):
        end = time.monotonic() + seconds
        while not is_ready():
            if time.monotonic() > end:
                raise RuntimeError(f"{what} did not start in {seconds} s; see {self.folder}")
            time.sleep(0.2)

    def wait_for(self, job: str):
        self.wait(
            lambda: not self.bench.run("squeue", "--noheader", "--jobs", job, check=False)
            .stdout.strip(), f"job {job}", 600)


def slurm_array(bench: Bench):
    place = bench.place("array")
    out = place / "out.db"
    job = bench.run(EXAMPLES / "submit.sh", bench.manifest, place / "parts", out, 8)
    bench.slurm.wait_for(job.stdout.strip())
    if not out.exists():
        logs = [path.read_text() for path in sorted((place / "parts").glob("*.log"))]
        raise RuntimeError(f"no merged store: {''.join(logs)}")
    return bench.digest(out), "8 tasks of an array on 2 nodes, merge job"


def slurm_step(bench: Bench):
    place = bench.place("step")
    bench.run(
        "srun", "--nodes=2", "--ntasks=4", "sh", "-c",
        f"nascent materialize '{bench.manifest}' --store '{place}'/part-$SLURM_PROCID.db "
        "--shard auto --quiet")
    return bench.merge(sorted(place.glob("part-*.db")), place / "out.db"), "srun -n 4 on 2 nodes"


def slurm_requeued(bench: Bench):
    """Tasks of an array are killed by Slurm and put back into its queue."""
    place = bench.place("requeued")
    parts = place / "parts"
    job = bench.run(EXAMPLES / "submit.sh", bench.manifest, parts, place / "out.db", 8)
    merge = job.stdout.strip()
    array = str(int(merge) - 1)
    killed = 0
    generator = random.Random(1)
    while killed < 3:
        running = bench.run(
            "squeue", "--noheader", "--array", "--jobs", array, "--states=R", "--format=%i",
            check=False).stdout.split()
        if running:
            task = generator.choice(running)
            done = bench.run("scontrol", "requeue", task, check=False)
            killed += done.returncode == 0
        elif not bench.run("squeue", "--noheader", "--jobs", array, check=False).stdout.strip():
            break
        time.sleep(0.1)
    # A requeued task waits for minutes before it may begin again. Seconds do here: in the second of the kill
    # the node still refuses its credential.
    time.sleep(3)
    while bench.run("squeue", "--noheader", "--jobs", merge, check=False).stdout.strip():
        for task in bench.run("squeue", "--noheader", "--array", "--jobs", array, "--states=PD",
                              "--format=%i", check=False).stdout.split():
            bench.run("scontrol", "update", f"JobId={task}", "StartTime=now", check=False)
        time.sleep(0.5)
    return bench.digest(place / "out.db"), f"8 tasks, {killed} requeued by Slurm"


def mpirun(bench: Bench):
    if shutil.which("mpirun") is None:
        raise Skipped("mpirun is not installed (Debian: openmpi-bin)")
    place = bench.place("mpi")
    bench.run(
        "mpirun", "--allow-run-as-root", "--oversubscribe", "-n", 4, EXAMPLES / "mpi.sh",
        bench.manifest, place)
    return bench.merge(sorted(place.glob("part-*.db")), place / "out.db"), "mpirun -n 4"


def mpirun_in_slurm(bench: Bench):
    """Open MPI starts its daemons by a step of Slurm, one on each node, whose ranks are not the workers'."""
    if shutil.which("mpirun") is None:
        raise Skipped("mpirun is not installed (Debian: openmpi-bin)")
    place = bench.place("mpi-slurm")
    bench.run(
        "sbatch", "--wait", "--nodes=2", "--ntasks=4", f"--output={place}/log", "--wrap",
        f"mpirun --allow-run-as-root -n 4 '{EXAMPLES}/mpi.sh' '{bench.manifest}' '{place}'")
    return bench.merge(sorted(place.glob("part-*.db")), place / "out.db"), "mpirun -n 4 in sbatch"


def ray(bench: Bench):
    if importlib.util.find_spec("ray") is None:
        raise Skipped("ray is not installed (PyPI: ray)")
    place = bench.place("ray")
    out = place / "out.db"
    bench.run(sys.executable, EXAMPLES / "ray_shares.py", bench.manifest, place / "parts", out, 4,
              timeout=600)
    return bench.digest(out), "4 tasks"


def kubernetes(bench: Bench):
    """What the containers of the example's jobs run, with its volumes as folders: no cluster is asked."""
    if importlib.util.find_spec("yaml") is None:
        raise Skipped("PyYAML is not installed (PyPI: pyyaml)")
    import yaml

    place = bench.place("kubernetes")
    graph = place / "graph"
    graph.mkdir()
    shutil.copy(bench.manifest, graph / "graph.json")
    with open(EXAMPLES / "kubernetes.yaml") as file:
        shares, merge = yaml.safe_load_all(file)
    for job in (shares, merge):
        if (job["apiVersion"], job["kind"]) != ("batch/v1", "Job"):
            raise RuntimeError(f"no job: {job['kind']}")
    spec = shares["spec"]
    count = spec["completions"]
    if spec["completionMode"] != "Indexed" or merge["spec"].get("completionMode") == "Indexed":
        raise RuntimeError("the shares' job must be indexed, and no other")

    def run(job, name: str, **environment):
        pod = job["spec"]["template"]["spec"]
        container, = pod["containers"]
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        folders = {}
        for mount in container["volumeMounts"]:
            if "emptyDir" in volumes[mount["name"]]:
                folder = place / f"{name}-{mount['name']}"
                folder.mkdir()
            else:
                folder = graph
            folders[mount["mountPath"] + "/"] = f"{folder}/"
        command = container["command"] + container.get("args", [])
        for path, folder in folders.items():
            command = [part.replace(path, folder) for part in command]
        # A pod has the variables of its own job, and none of another launcher.
        done = subprocess.run(
            command, env={"PATH": bench.environment["PATH"], **environment}, capture_output=True,
            text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{name} ended with {done.returncode}: {done.stderr}")
        return done

    for index in range(count):
        done = run(shares, f"pod-{index}", JOB_COMPLETION_INDEX=str(index))
        if f"share {index + 1} of {count}, from Kubernetes" not in done.stderr:
            raise RuntimeError(f"pod {index} made another share: {done.stderr}")
    run(merge, "merge")
    return bench.digest(graph / "out.db"), f"{count} indices and the merge, without a cluster"


def chaos(bench: Bench):
    """Workers are killed at random moments and their shares begun again; so is the merge."""
    place = bench.place("chaos")
    generator = random.Random(7)
    kills = 0

    def survives(command, longest: float) -> bool:
        process = subprocess.Popen(
            [str(part) for part in command], env=bench.environment, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        try:
            code = process.wait(timeout=generator.uniform(0.01, longest))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return False
        if code != 0:
            raise RuntimeError(f"{command} ended with {code}")
        return True

    count = 12
    queue = list(range(count))
    longest = {index: 0.3 for index in queue}
    while queue:
        index = queue.pop(generator.randrange(len(queue)))
        done = survives(
            ["nascent", "materialize", bench.manifest, "--store", place / f"part-{index}.db",
             "--shard", f"{index}/{count}", "--jobs", "1", "--quiet"], longest[index])
        if not done:
            kills += 1
            # A slow machine must come to an end, too.
            longest[index] *= 1.3
            queue.append(index)
    parts = sorted(place.glob("part-*.db"))
    generator.shuffle(parts)
    limit = 0.5
    while not survives(["nascent", "merge", "--store", place / "out.db", *parts], limit):
        kills += 1
        limit *= 1.3
    return bench.digest(place / "out.db"), f"{count} shares and their merge, {kills} times SIGKILL"


def random_order(bench: Bench):
    """The parts of the chaos run, merged one by one in three random orders."""
    parts = sorted((bench.folder / "chaos").glob("part-*.db"))
    if not parts:
        raise Skipped("the chaos run made no parts")
    place = bench.place("order")
    found = set()
    for seed in range(3):
        order = list(parts)
        random.Random(seed).shuffle(order)
        out = place / f"out-{seed}.db"
        for part in order:
            bench.run("nascent", "merge", "--store", out, part, check=False)
        found.add(bench.digest(out))
    return (found.pop() if len(found) == 1 else str(sorted(found))), "3 random orders, part by part"


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--nascent", type=pathlib.Path, required=True)
    arguments.add_argument(
        "--manifest", type=pathlib.Path, default=ROOT / "Examples" / "models" / "resnet50.json")
    options = arguments.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="nascent-cluster-") as folder:
        bench = Bench(options.nascent.resolve(), options.manifest.resolve(), pathlib.Path(folder))
        with contextlib.ExitStack() as stack:
            try:
                bench.slurm = stack.enter_context(Slurm(bench))
                reason = None
            except Skipped as skipped:
                reason = str(skipped)

            def needs_slurm(body):
                def run(bench):
                    if reason is not None:
                        raise Skipped(reason)
                    return body(bench)
                return run

            for name, body in [
                ("one machine", one_machine),
                ("Slurm array", needs_slurm(slurm_array)),
                ("Slurm step", needs_slurm(slurm_step)),
                ("Slurm requeue", needs_slurm(slurm_requeued)),
                ("Open MPI", mpirun),
                ("Open MPI in Slurm", needs_slurm(mpirun_in_slurm)),
                ("Ray", ray),
                ("Kubernetes indexed job (its command, run locally)", kubernetes),
                ("chaos", chaos),
                ("random order", random_order),
            ]:
                start = time.monotonic()
                try:
                    digest, what = body(bench)
                except Skipped as skipped:
                    digest, what = None, f"skipped: {skipped}"
                rows.append((name, what, time.monotonic() - start, digest))
                print(f"{name}: {what}", file=sys.stderr)
    digests = {digest for *_, digest in rows if digest is not None}
    print("| Run | What | Seconds | Content digest |\n|---|---|---|---|")
    for name, what, seconds, digest in rows:
        print(f"| {name} | {what} | {seconds:.1f} | {(digest or '–')[:16]} |")
    made = sum(digest is not None for *_, digest in rows)
    if len(digests) == 1:
        print(f"\n{made} runs, one digest: {digests.pop()}")
        return 0
    print(f"\n{made} runs, {len(digests)} digests")
    return 1


if __name__ == "__main__":
    sys.exit(main())
