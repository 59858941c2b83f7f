"""Times work in a process and prints one line of JSON, as NascentBenchmark does."""
import json
import time


def measure(work, runs, prepare=lambda: None):
    seconds = []
    for run in range(runs + 1):
        prepare()
        start = time.perf_counter()
        work()
        if run > 0:  # the first one warms up
            seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds": seconds}))
