"""Keeps of every module in a Go module cache only the folders that a build reads.

    python3 prune.py CACHE/download PACKAGES

PACKAGES is what `go list -deps -test -json=Module,Dir,EmbedFiles ./...` prints. The zip files are written anew, stored rather than
deflated so that what packs them all packs them well. A module with fewer files has another checksum: go.sum is to be made again.
"""

import collections
import json
import pathlib
import re
import sys
import zipfile


def packages(text):
    """The JSON values that follow each other in a text."""
    decoder, at = json.JSONDecoder(), 0
    while match := re.compile(r"\s*(?=\{)").match(text, at):
        value, at = decoder.raw_decode(text, match.end())
        yield value


def wanted(text):
    """{(module, version): set of folders and embedded files, relative to the module}"""
    keep = collections.defaultdict(set)
    for p in packages(text):
        module = p.get("Module", {})
        if "Version" not in module:  # the standard library, and the project itself
            continue
        folder = pathlib.PurePath(p["Dir"]).relative_to(module["Dir"])
        keep[module["Path"], module["Version"]] |= {folder, *(folder / f for f in p.get("EmbedFiles", []))}
    return keep


def escaped(path):
    return re.sub("[A-Z]", lambda m: "!" + m.group().lower(), path)


def prune(path, prefix, keep):
    with zipfile.ZipFile(path) as old:
        files = {name: pathlib.PurePath(name.removeprefix(prefix)) for name in old.namelist()}
        kept = {n: old.read(n) for n, f in files.items()
                if (f.parent in keep and not f.name.endswith("_test.go")) or f in keep or len(f.parts) == 1}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as new:
        for name, content in sorted(kept.items()):
            new.writestr(zipfile.ZipInfo(name), content)


def main(download, listing):
    keep = wanted(pathlib.Path(listing).read_text())
    for path in sorted(pathlib.Path(download).glob("**/@v/*.zip")):
        module, version = str(path.relative_to(download).parent.parent), path.stem
        for (name, v), folders in keep.items():
            if (escaped(name), escaped(v)) == (module, version):
                prune(path, f"{name}@{v}/", folders)
                path.with_suffix(".ziphash").unlink()
                break
        else:  # a module without a package that is needed
            path.unlink()


if __name__ == "__main__":
    main(*sys.argv[1:])
