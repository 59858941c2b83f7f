"""Builds the documentation: the catalog Docs/Nascent.docc, the pages in Docs and Schema, and every public symbol.

    make docs
    python3 Docs/build.py [--output .build/docs] [--hosting-base-path nascent] [--skip-build]

It builds the library in debug, takes the symbols of its modules, and fails where a public symbol has no documentation
or `docc` has a warning. Pages are written for readers on a forge, too: relative links between pages, and names of pages
such as `Docs/Modules.md`, become links of the documentation, and so do names of types in the catalog's own articles.
"""
import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CATALOG = os.path.join(ROOT, "Docs", "Nascent.docc")
WORK = os.path.join(ROOT, ".build", "docs-work")
REFERENCE_LIST = "<!-- reference pages -->"


def output_of(*command):
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def tool(name):
    """The path of a tool of the toolchain, which may not be on the path."""
    if sys.platform == "darwin":
        return ["xcrun", name]
    beside = os.path.join(os.path.dirname(os.path.realpath(shutil.which("swift"))), name)
    return [beside if os.path.exists(beside) else name]


def library_modules():
    """The modules that `import Nascent` gives."""
    with open(os.path.join(ROOT, "Sources", "Nascent", "Nascent.swift")) as file:
        return ["Nascent"] + re.findall(r"^@_exported public import (\w+)$", file.read(), flags=re.M)


def extract_symbols(modules, folder):
    """Writes the symbol graphs of the modules' public declarations."""
    binaries = os.path.join(ROOT, ".build", "debug")
    triple = json.loads(output_of("swift", "-print-target-info"))["target"]["triple"]
    maps = sorted(glob.glob(os.path.join(binaries, "*.build", "module.modulemap")))
    systems = sorted(glob.glob(os.path.join(ROOT, ".build/checkouts/*/Sources/*/module.modulemap")))
    flags = ["-target", triple, "-I", os.path.join(binaries, "Modules")]
    flags += [flag for path in maps for flag in ("-Xcc", "-fmodule-map-file=" + path)]
    flags += [flag for path in systems for flag in ("-I", os.path.dirname(path))]
    if sys.platform == "darwin":
        flags += ["-sdk", output_of("xcrun", "--show-sdk-path").strip()]
    for module in modules:
        subprocess.run(
            tool("swift") + ["symbolgraph-extract", "-module-name", module, "-output-dir", folder,
                             "-minimum-access-level", "public", "-skip-synthesized-members"] + flags,
            cwd=ROOT, check=True)


def public_symbols(folder):
    """The declarations that a user can call, each with its module: not what a protocol's extension gives a type."""
    for path in sorted(glob.glob(os.path.join(folder, "*.symbols.json"))):
        with open(path) as file:
            graph = json.load(file)
        for symbol in graph["symbols"]:
            if "::SYNTHESIZED::" not in symbol["identifier"]["precise"]:
                yield graph["module"]["name"], symbol


def check_symbols(folder):
    """Fails where a public symbol has no documentation comment. Returns the number of symbols, and each module's types."""
    count, missing, types = 0, [], {}
    for module, symbol in public_symbols(folder):
        count += 1
        name = ".".join(symbol["pathComponents"])
        if not symbol.get("docComment"):
            place = symbol.get("location", {})
            line = place.get("position", {}).get("line", -1) + 1
            missing.append(f"{place.get('uri', module).removeprefix('file://')}:{line}: {name}")
        if len(symbol["pathComponents"]) == 1 and symbol["kind"]["identifier"] in TYPES:
            types[name] = f"/{module}/{name}"
    if missing:
        sys.exit("\n".join(sorted(missing))
                 + f"\n{len(missing)} of {count} public symbols have no documentation. Write a comment above each.")
    return count, types


TYPES = {"swift.struct", "swift.class", "swift.enum", "swift.protocol", "swift.actor"}


def anchor(heading):
    """The anchor that a forge gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def docc_anchor(heading):
    """The anchor that DocC gives a heading."""
    return re.sub(r"[^\w\-]", "", re.sub(r"\s", "-", heading.replace("`", "")))


class Pages:
    """The pages of the documentation: their files, and the names under which DocC knows them."""

    def __init__(self):
        self.articles = sorted(glob.glob(os.path.join(CATALOG, "**", "*.md"), recursive=True))
        references = sorted(glob.glob(os.path.join(ROOT, "Docs", "*.md"))) + [os.path.join(ROOT, "Schema/FORMAT.md")]
        self.names = {path: os.path.basename(path)[:-3] for path in self.articles}
        # Modules have some of these names already.
        self.references = ["Reference-" + os.path.basename(path)[:-3] for path in references]
        self.names |= dict(zip(references, self.references))
        self.texts = {}
        for path in self.names:
            with open(path) as file:
                self.texts[path] = file.read()

    def write(self, folder, types):
        for path, name in self.names.items():
            is_article = path in self.articles
            text = self.rewritten(path, types if is_article else {})
            if is_article:
                text = text.replace(REFERENCE_LIST, "\n".join(f"- <doc:{other}>" for other in self.references))
            with open(os.path.join(folder, name + ".md"), "w") as file:
                file.write(text)

    def rewritten(self, path, types):
        """The page with DocC's links, blocks of code left alone."""
        parts = re.split(r"(^```.*?^```$)", self.texts[path], flags=re.M | re.S)
        for index in range(0, len(parts), 2):
            part = re.sub(r"\]\(([^)\s:]*?)(?:#([\w-]+))?\)", lambda link: self.link(path, link), parts[index])
            part = re.sub(r"(?<!`)`((?:Docs|Schema)/\w+\.md)`(?!`)", self.mention, part)
            parts[index] = re.sub(
                r"(?<!`)`([A-Z]\w+)`(?!`)",
                lambda name: f"``{types[name[1]]}``" if name[1] in types else name[0], part)
            # DocC shows the marks of code in headings.
            parts[index] = re.sub(r"^#+ (?!``).*$", lambda heading: heading[0].replace("`", ""), parts[index], flags=re.M)
        return "".join(parts)

    def link(self, path, link):
        target = path if not link[1] else os.path.normpath(os.path.join(os.path.dirname(path), link[1]))
        if target not in self.names:
            sys.exit(f"{os.path.relpath(path, ROOT)}: {link[0][1:]} leads to no page of the documentation.\n"
                     "Correct the link, or name the file without a link.")
        if not link[2]:
            return f"](doc:{self.names[target]})"
        for heading in re.findall(r"^#+ (.*)$", self.texts[target], flags=re.M):
            if anchor(heading) == link[2]:
                return f"](doc:{self.names[target]}#{docc_anchor(heading)})"
        sys.exit(f"{os.path.relpath(path, ROOT)}: {os.path.relpath(target, ROOT)} has no heading #{link[2]}.\n"
                 "Correct the link.")

    def mention(self, name):
        path = os.path.join(ROOT, name[1])
        return f"<doc:{self.names[path]}>" if path in self.names else name[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--output", default=os.path.join(".build", "docs"), help="the folder of the finished pages")
    parser.add_argument("--hosting-base-path", default="", help="the path below a host at which the pages will be")
    parser.add_argument("--skip-build", action="store_true", help="take the library as it was built last")
    options = parser.parse_args()
    if not options.skip_build:
        subprocess.run(["swift", "build", "--target", "Nascent"], cwd=ROOT, check=True)
    shutil.rmtree(WORK, ignore_errors=True)
    symbols, catalog = os.path.join(WORK, "symbols"), os.path.join(WORK, "Nascent.docc")
    os.makedirs(symbols)
    os.makedirs(catalog)
    modules = library_modules()
    extract_symbols(modules, symbols)
    count, types = check_symbols(symbols)
    pages = Pages()
    pages.write(catalog, types)
    output = os.path.join(ROOT, options.output)
    shutil.rmtree(output, ignore_errors=True)
    command = tool("docc") + [
        "convert", catalog, "--additional-symbol-graph-dir", symbols, "--output-path", output,
        "--fallback-display-name", "Nascent", "--fallback-bundle-identifier", "nascent", "--warnings-as-errors"]
    if options.hosting_base_path:
        command += ["--hosting-base-path", options.hosting_base_path]
    if subprocess.run(command, cwd=ROOT).returncode != 0:
        sys.exit("The documentation has warnings; they stand above.")
    articles = [path for path in pages.articles if not pages.texts[path].startswith("# ``")]
    print(f"{count} public symbols of {len(modules)} modules, all documented; {len(articles)} articles and "
          f"{len(pages.references)} reference pages, no warnings.")
    print(f"The documentation is in {options.output}. To read it:\n"
          f"  python3 -m http.server --bind 127.0.0.1 --directory {options.output} 8000\n"
          f"  http://127.0.0.1:8000/{options.hosting_base_path and options.hosting_base_path.strip('/') + '/'}"
          "documentation/nascent")


main()
