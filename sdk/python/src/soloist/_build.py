"""Makes a component of a module: looks what it serves, and lets componentize-py put an interpreter around it."""

from __future__ import annotations

import importlib.util
import json
import keyword
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_WIT = _PACKAGE / "wit"
_SHIM = "soloist_component"

# In a process of its own: a module may do anything when it is imported.
_LOOK = """
import importlib, json, sys
name, answer = sys.argv[1:]
importlib.import_module(name)
from soloist import _registry
said = {
    "orchestrators": [served.name for served in _registry.orchestrators.served.values()],
    "activities": [served.name for served in _registry.activities.served.values()],
    "fetches": "soloist.http" in sys.modules,
}
with open(answer, "w", encoding="utf-8") as file:
    json.dump(said, file)
"""

_TOOL = "import sys, componentize_py; sys.argv[0] = 'componentize-py'; sys.exit(componentize_py.script())"


class BuildError(Exception):
    """Why there is no component: one sentence that says what to do."""


@dataclass(frozen=True)
class Serves:
    """What a module serves, and whether it fetches over HTTP."""

    orchestrators: list[str]
    activities: list[str]
    fetches: bool

    @property
    def world(self) -> str:
        if self.orchestrators and self.activities:
            return "application"
        return "orchestrator-module" if self.orchestrators else "activity-module"


def build(source: Path, output: Path, *, wasi: bool) -> str:
    """Makes a component, and returns what to tell of it."""
    module = _module_of(source)
    with tempfile.TemporaryDirectory(prefix="soloist-") as scratch:
        serves = look(source, module, Path(scratch))
        if serves.fetches and not wasi:
            raise BuildError("without WASI there is no HTTP: leave out --no-wasi, or the import of soloist.http")
        if serves.fetches and not serves.activities:
            raise BuildError(f"{source} has no activity that could fetch: an orchestrator uses Context.call_http")
        built = _componentize(source, module, serves, Path(scratch), wasi=wasi)
        size = built.stat().st_size
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(built, output)
        except OSError as error:
            raise BuildError(f"cannot write {output}: {error.strerror}") from None
    parts = [f"{kind} {', '.join(names)}" for kind, names in _kinds(serves) if names]
    return f"{output}: {size / 2**20:.1f} MiB, {'; '.join(parts)}"


def _kinds(serves: Serves) -> list[tuple[str, list[str]]]:
    return [("orchestrators", serves.orchestrators), ("activities", serves.activities)]


def _module_of(source: Path) -> str:
    """The name that a module is imported by."""
    package = source.is_dir() and (source / "__init__.py").exists()
    if not package and not source.is_file():
        raise BuildError(f"there is no module {source}: name a .py file, or a folder with an __init__.py")
    name = source.resolve().name if package else source.stem
    if not package and source.suffix != ".py" or not name.isidentifier() or keyword.iskeyword(name):
        raise BuildError(f"Python cannot import {source.name}: rename it to letters, digits and underscores, ending in .py")
    if name in sys.stdlib_module_names or name in ("soloist", "wit_world", _SHIM):
        raise BuildError(f"{source.name} would take the place of the module `{name}`: rename it, such as to app.py")
    return name


def look(source: Path, module: str, scratch: Path) -> Serves:
    """What a module serves. It is imported to see that."""
    answer = scratch / "serves.json"
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    paths = [str(source.resolve().parent), str(_PACKAGE.parent), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    done = subprocess.run([sys.executable, "-c", _LOOK, module, str(answer)], env=environment, check=False)
    if done.returncode != 0 or not answer.exists():
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise BuildError(f"Python {version} cannot import {source}: mend what it says above")
    serves = Serves(**json.loads(answer.read_text(encoding="utf-8")))
    if not serves.orchestrators and not serves.activities:
        raise BuildError(f"{source} serves nothing: put @soloist.orchestrator or @soloist.activity on a function")
    return serves


def _componentize(source: Path, module: str, serves: Serves, scratch: Path, *, wasi: bool) -> Path:
    if importlib.util.find_spec("componentize_py") is None:
        raise BuildError("the tool componentize-py is missing: run `pip install 'soloist[build]'`")
    names = [name for name, served in (("Orchestrator", serves.orchestrators), ("Activity", serves.activities)) if served]
    # The tool runs the shim with the folders of the sources at hand, and would leave byte code in them.
    shim = "import sys\nsys.dont_write_bytecode = True\n"
    shim += f"import {module}\nfrom soloist._component import {', '.join(names)}\n"
    folder = scratch / "shim"
    folder.mkdir()
    (folder / f"{_SHIM}.py").write_text(shim, encoding="utf-8")
    built = scratch / "built.wasm"

    command = [sys.executable, "-c", _TOOL, "--quiet", "-d", str(_WIT / "contract")]
    command += ["--import-interface-name", "soloist:orchestration/types@0.1.0=soloist_types"]
    if serves.fetches:
        command += ["-d", str(_WIT / "http"), "-w", f"soloist:python/{serves.world}"]
        command += ["--import-interface-name", "wasi:http/types@0.2.9=wasi_http"]
    else:
        command += ["-w", f"soloist:orchestration/{serves.world}"]
    command += ["componentize", _SHIM, "-o", str(built)]
    for path in (folder, source.resolve().parent, _PACKAGE.parent):
        command += ["-p", str(path)]
    if not wasi:
        command.append("--stub-wasi")

    done = subprocess.run(command, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0 or not built.exists():
        sys.stderr.write(done.stdout.decode("utf-8", "replace"))
        raise BuildError(f"componentize-py could not make a component of {source}: what it says stands above")
    return built


def _environment() -> dict[str, str]:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    # Where the tool looks for packages: those of this Python, whatever shell it was called from.
    environment.pop("PYTHONPATH", None)
    environment.pop("VIRTUAL_ENV", None)
    if sys.prefix != sys.base_prefix:
        environment["VIRTUAL_ENV"] = sys.prefix
    return environment
