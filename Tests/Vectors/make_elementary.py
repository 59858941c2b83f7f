"""Makes elementary.json: exp, expm1, log, pow, sin and cos of chosen doubles, rounded correctly by mpmath.

    python -m venv venv && venv/bin/pip install mpmath==1.4.1
    venv/bin/python Tests/Vectors/make_elementary.py > Tests/Vectors/elementary.json

Each row: function, the arguments and the result as the 16 hexadecimal digits of a double's bits.
"""
import json
import math
import random
import struct

import mpmath

mpmath.mp.prec = 2400
generator = random.Random(20261124)


def bits(x):
    return struct.pack(">d", x).hex()


def rounded(x):
    """The double nearest a value of many digits."""
    return float(mpmath.mpf(x))


def row(function, value, *arguments):
    exact = value(*[mpmath.mpf(a) for a in arguments])
    return {"function": function, "arguments": [bits(a) for a in arguments], "result": bits(rounded(exact))}


rows = []
for x in [1.0, -1.0, 0.5, 1e-300, -1e-20, 709.78, -708.3, 88.72283, 2.0**-60, math.log(2)]:
    rows.append(row("exp", mpmath.exp, x))
    rows.append(row("expm1", mpmath.expm1, x if x > -700 else -30.0))
for x in [1.0, 2.0, 10.0, 0.1, 5e-324, 1.7976931348623157e308, 1 + 2.0**-52, 1 - 2.0**-53, math.sqrt(0.5), math.sqrt(2)]:
    rows.append(row("log", mpmath.log, x))
for x, y in [(2.0, 0.5), (10000.0, -1 / 3), (10.0, 308.25), (0.5, 1074.0), (18.0, -0.25), (1.0000001, 1e8)]:
    rows.append(row("pow", mpmath.power, x, y))
# 6381956970095103 * 2^797 is the double nearest to a multiple of pi/2.
for x in [0.5, -0.5, 0.78539816339744828, 0.78539816339744839, math.pi, math.pi / 2, 1e22, 6381956970095103 * 2.0**797,
          1.7976931348623157e308, -123456.0, 1e-8]:
    rows.append(row("sin", mpmath.sin, x))
    rows.append(row("cos", mpmath.cos, x))
for _ in range(200):
    rows.append(row("exp", mpmath.exp, generator.choice([generator.uniform(-700, 709), generator.uniform(-2, 2)])))
    rows.append(row("expm1", mpmath.expm1, generator.uniform(-1, 1) * 2 ** generator.uniform(-50, 5)))
    rows.append(row("log", mpmath.log, generator.choice([2 ** generator.uniform(-1000, 1000), generator.uniform(0.5, 2)])))
    rows.append(row("pow", mpmath.power, generator.uniform(1, 20000), generator.uniform(-2, 2)))
    angle = generator.choice([generator.uniform(-7, 7), float(generator.randint(0, 10**6)),
                              2 ** generator.uniform(0, 1000)])
    rows.append(row("sin", mpmath.sin, angle))
    rows.append(row("cos", mpmath.cos, angle))
print("[")
print(",\n".join(json.dumps(r) for r in rows))
print("]")
