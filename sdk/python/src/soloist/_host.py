"""The bindings of the component. The build command makes them; elsewhere there is no host, unless a test puts one in."""

from __future__ import annotations

from typing import Any


class _Missing:
    def __getattr__(self, name: str) -> Any:
        # Whoever inspects an object asks for such names, and means no host.
        if name.startswith("__"):
            raise AttributeError(name)
        raise RuntimeError("there is no host here: build a component with `python -m soloist build`, and deploy that")


durable: Any = _Missing()
activity_context: Any = _Missing()
types: Any = _Missing()
Err: Any = type("Err", (Exception,), {})

# A world has either of the first two, or both.
try:
    from wit_world.imports import durable
except ImportError:
    pass
try:
    from wit_world.imports import activity_context
except ImportError:
    pass
try:
    from componentize_py_types import Err
    from wit_world.imports import soloist_types as types
except ImportError:
    pass
