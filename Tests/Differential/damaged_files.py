"""Flips one bit in the middle of a file that each of four libraries wrote, and says what its reader does.

    python3 Tests/Differential/damaged_files.py     (in an environment that has one or more of the libraries)

The README's table of peers has its answers. A library that is not installed is left out.
"""
import glob
import os
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np

VALUES = np.arange(100_000, dtype=np.float32)


def flip(path):
    """The middle of these files lies among the values: they are some hundred bytes longer."""
    with open(path, "r+b") as file:
        file.seek(os.path.getsize(path) // 2)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))


def largest(pattern):
    return max(glob.glob(pattern, recursive=True), key=os.path.getsize)


def safetensors_file(folder):
    import safetensors
    from safetensors.numpy import load_file, save_file
    save_file({"w": VALUES}, f"{folder}/w.safetensors")
    flip(f"{folder}/w.safetensors")
    return safetensors.__version__, load_file(f"{folder}/w.safetensors")["w"]


def torch_distributed_checkpoint(folder):
    import torch
    import torch.distributed.checkpoint as checkpoint
    checkpoint.save({"w": torch.from_numpy(VALUES)}, checkpoint_id=folder)
    flip(largest(f"{folder}/*.distcp"))
    state = {"w": torch.zeros(VALUES.size)}
    checkpoint.load(state, checkpoint_id=folder)
    return torch.__version__, state["w"].numpy()


def orbax_checkpoint(folder):
    import orbax.checkpoint
    # What does not compress, so that the file holds the values as they are.
    values = np.random.default_rng(0).standard_normal(VALUES.size).astype(np.float32)
    path = f"{folder}/orbax"
    with orbax.checkpoint.StandardCheckpointer() as checkpointer:
        checkpointer.save(path, {"w": values})
        checkpointer.wait_until_finished()
        flip(largest(f"{path}/**/d/*"))
        read = checkpointer.restore(path)["w"]
    return orbax.checkpoint.__version__, np.asarray(read) - values + VALUES


def tensorflow_checkpoint(folder):
    import tensorflow as tf
    variable = tf.Variable(VALUES)
    path = tf.train.Checkpoint(v=variable).write(f"{folder}/checkpoint")
    flip(largest(f"{folder}/checkpoint.data*"))
    tf.train.Checkpoint(v=variable).read(path)
    return tf.__version__, variable.numpy()


for library in (safetensors_file, torch_distributed_checkpoint, orbax_checkpoint, tensorflow_checkpoint):
    with tempfile.TemporaryDirectory() as folder:
        try:
            version, read = library(folder)
            answer = f"{version}: " + ("reads the same values" if np.array_equal(read, VALUES) else "reads other values")
        except ImportError:
            continue
        except Exception as error:
            answer = f"refuses: {type(error).__name__}"
        print(f"{library.__name__}: {answer}")
