"""Put the audit's page, with Python for the browser, beside the built documentation.

    python tools/audit_page.py site/try            what `make docs` does after mkdocs
    python tools/audit_page.py FOLDER --pyodide package.tgz    with a package fetched before

Pyodide comes from the npm registry by npm's own client, its hash is checked, and it is served from
beside the page: readers load nothing from elsewhere. audit.zip holds the audit and the two pure
libraries that it reads documents with, so that the page needs no package index.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYODIDE = "314.0.7"
INTEGRITY = (
    "0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A=="
)
NEEDED = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
)
PARTS = ("auditing", "published")
FILES = ("errors.py", "progress.py", "distributions.py", "version.py")
LIBRARIES = ("markdown_it", "mdurl", "ruamel")
STAMP = (2020, 1, 1, 0, 0, 0)
"""Of every member, so that the same sources give the same archive."""


def fetched(folder: Path) -> Path:
    """Pyodide's package from the npm registry."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("audit_page: npm is not installed, and it fetches Python for the browser")
    subprocess.run(  # noqa: S603
        [npm, "pack", "--silent", "--fetch-retries=1", f"pyodide@{PYODIDE}"],
        cwd=folder, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return folder / f"pyodide-{PYODIDE}.tgz"


def checked(package: Path) -> bytes:
    """The package's bytes, if they are those that were tested."""
    content = package.read_bytes()
    found = base64.b64encode(hashlib.sha512(content).digest()).decode()
    if found != INTEGRITY:
        sys.exit(f"audit_page: {package.name} is not Pyodide {PYODIDE}: sha512-{found}")
    return content


def pack(target: Path) -> None:
    """The audit and its libraries as one archive."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        package = ROOT / "src" / "bakeoff"
        # The package's own front door opens every room; here there is one.
        archive.writestr(zipfile.ZipInfo("bakeoff/__init__.py", STAMP), "")
        sources = [package / name for name in FILES]
        for part in PARTS:
            sources += sorted((package / part).rglob("*"))
        for path in sources:
            if path.suffix in {".py", ".csv"}:
                add(archive, path, path.relative_to(package.parent))
        for name in LIBRARIES:
            spec = importlib.util.find_spec(name)
            assert spec is not None, name
            assert spec.submodule_search_locations, name
            home = Path(next(iter(spec.submodule_search_locations)))
            for path in sorted(home.rglob("*.py")):
                add(archive, path, Path(name, path.relative_to(home)))


def add(archive: zipfile.ZipFile, path: Path, name: Path) -> None:
    """One file, without the time at which it was written."""
    member = zipfile.ZipInfo(name.as_posix(), STAMP)
    member.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(member, path.read_bytes())


def build(target: Path, package: Path | None = None) -> None:
    """The page, its worker, Python and the audit in `target`."""
    sys.path.insert(0, str(ROOT / "src"))
    from bakeoff.auditing.webpage.serving import page

    home = ROOT / "src" / "bakeoff" / "auditing" / "webpage"
    (target / "pyodide").mkdir(parents=True, exist_ok=True)
    (target / "index.html").write_text(page("pyodide"), encoding="utf-8")
    for name in ("page.css", "page.js", "worker.mjs"):
        shutil.copy(home / name, target / name)
    pack(target / "audit.zip")
    with tempfile.TemporaryDirectory() as folder:
        content = package or fetched(Path(folder))
        checked(content)
        with tarfile.open(content) as archive:
            for name in NEEDED:
                member = archive.extractfile(f"package/{name}")
                assert member is not None, name
                (target / "pyodide" / name).write_bytes(member.read())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", type=Path, help="folder of the page")
    parser.add_argument("--pyodide", type=Path, help="npm's package of Pyodide, fetched before")
    options = parser.parse_args()
    build(options.target, options.pyodide)
    size = sum(p.stat().st_size for p in options.target.rglob("*") if p.is_file())
    print(f"audit_page: {options.target} ({size / 2**20:.1f} MiB)")


if __name__ == "__main__":
    main()
