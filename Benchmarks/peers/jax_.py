"""JAX's side of a row: jax_.py WORK."""
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("work", choices=["he_uniform"])
parser.add_argument("--runs", type=int, default=5)
arguments = parser.parse_args()

import jax

from timing import measure

initializer = jax.jit(lambda key: jax.nn.initializers.he_uniform()(key, (4096, 4096)))
key = jax.random.key(0)
measure(lambda: initializer(key).block_until_ready(), arguments.runs)
