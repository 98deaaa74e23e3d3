"""The bindings of the component. The build command makes them; elsewhere there is no host, unless a test puts one in."""

from __future__ import annotations

import importlib
from typing import Any


class _Missing:
    def __getattr__(self, name: str) -> Any:
        # Whoever inspects an object asks for such names, and means no host.
        if name.startswith("__"):
            raise AttributeError(name)
        raise RuntimeError("there is no host here: build a component with `python -m soloist build`, and deploy that")


def _bound(module: str, otherwise: Any) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        return otherwise


# A world has either of the first two, or both.
durable = _bound("wit_world.imports.durable", _Missing())
activity_context = _bound("wit_world.imports.activity_context", _Missing())
types = _bound("wit_world.imports.soloist_types", _Missing())
Err: Any = getattr(_bound("componentize_py_types", None), "Err", type("Err", (Exception,), {}))
