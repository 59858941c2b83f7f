"""TensorFlow's side of a row: tensorflow_.py WORK [--dtype D] [--threads T]."""
import argparse
import os

parser = argparse.ArgumentParser()
parser.add_argument("work", choices=["he_uniform", "he_normal", "normal"])
parser.add_argument("--dtype", default="float32")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--runs", type=int, default=5)
arguments = parser.parse_args()

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf
from tensorflow.python.ops import init_ops_v2

from timing import measure

tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
tf.config.threading.set_inter_op_parallelism_threads(1)
initializer = {
    "he_uniform": lambda: init_ops_v2.he_uniform(seed=1),
    "he_normal": lambda: init_ops_v2.he_normal(seed=1),
    "normal": lambda: init_ops_v2.RandomNormal(seed=1),
}[arguments.work]()
measure(lambda: initializer((4096, 4096), dtype=arguments.dtype).numpy()[0, 0], arguments.runs)
