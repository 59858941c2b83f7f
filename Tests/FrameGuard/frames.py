"""Finds asynchronous functions that write behind the end of their own frame.

Swift 6.3.1 has compiled one test of this package so, without optimization: the frame that the function asks for was
24 bytes shorter than what it writes, which destroyed the memory of whoever came next. Whoever calls reads the size of
a frame from the function's record (a symbol that ends in `Tu`); the function keeps the frames of what it calls itself
in its own. A store of such a pointer at an offset that is not below the size is the fault.

    python3 Tests/FrameGuard/frames.py .build/debug/nascentPackageTests.xctest

Linux on x86-64, builds without optimization: optimized code moves whole functions into others. Needs binutils.
Exits 1 where there is one.
"""

import re
import struct
import subprocess
import sys

HEADER = re.compile(r"^([0-9a-f]+) <.+>:$")
STORE = re.compile(r"mov\s+%(r\w+),(?:0x([0-9a-f]+))?\(%(r\w+)\)")
MOVE = re.compile(r"mov\s+%(r\w+),%(r\w+)$")
SECTION = re.compile(r"\s*\[\s*\d+\]\s+\S+\s+(\S+)\s+([0-9a-f]+)\s+([0-9a-f]+)\s+([0-9a-f]+)")
# Instructions after the call in which the pointer is put away.
WINDOW = 14


def lines(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def frame_sizes(binary):
    """The size of each function's frame, and the function that each address of code belongs to."""
    records, functions = {}, []
    for line in lines("nm", binary):
        parts = line.split()
        if len(parts) != 3:
            continue
        address, kind, name = int(parts[0], 16), parts[1].lower(), parts[2]
        if kind == "t":
            functions.append((address, name))
        elif name.endswith("Tu"):
            records[name[:-2]] = address
    sections = []
    for line in lines("readelf", "-SW", binary):
        found = SECTION.match(line)
        if found and found[1] != "NOBITS":
            sections.append(tuple(int(found[group], 16) for group in (2, 3, 4)))
    sizes = {}
    with open(binary, "rb") as file:
        for name, address in records.items():
            for start, offset, length in sections:
                if start and start <= address < start + length:
                    file.seek(offset + address - start)
                    sizes[name] = struct.unpack("<iI", file.read(8))[1]
    owners = {}
    for address, name in functions:
        # What goes on after the n-th wait.
        part = re.match(r"^(.*?)T[QY]\d*_$", name)
        owner = part[1] if part else name
        # A program's start is none of ours.
        if owner in sizes and owner != "async_Main":
            owners[address] = owner
    return sizes, owners


def faults(binary):
    sizes, owners = frame_sizes(binary)
    found, owner, since, pointers = {}, None, WINDOW, set()
    code = subprocess.Popen(
        ["objdump", "-d", "--no-show-raw-insn", "-j", ".text", binary], stdout=subprocess.PIPE, text=True
    )
    for line in code.stdout:
        if header := HEADER.match(line):
            owner, since = owners.get(int(header[1], 16)), WINDOW
        elif owner and "swift_task_alloc" in line:
            since, pointers = 0, {"rax"}
        elif owner and since < WINDOW:
            since += 1
            store, move = STORE.search(line), MOVE.search(line)
            if store and store[1] in pointers and store[3] not in ("rsp", "rbp"):
                offset = int(store[2] or "0", 16)
                if offset >= sizes[owner]:
                    found[owner] = (sizes[owner], offset)
            elif move and move[1] in pointers:
                pointers.add(move[2])
    if code.wait() != 0:
        sys.exit(f"objdump could not read {binary}")
    return len(sizes), found


def main():
    count, found = faults(sys.argv[1])
    for name, (size, offset) in sorted(found.items()):
        print(f"{name}: has {size} bytes, writes at {offset}")
    print(f"{count} asynchronous functions, {len(found)} with a frame that is too short")
    sys.exit(1 if found else 0)


main()
