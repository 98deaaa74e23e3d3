"""What schemathesis cannot know: what a component is."""

import os
from pathlib import Path

import schemathesis
from hypothesis import strategies

COMPONENT = Path(os.environ["SOLOIST_COMPONENT"]).read_bytes()
CORE_MODULE = b"\0asm\1\0\0\0"

schemathesis.openapi.media_type(
    "application/wasm",
    strategies.sampled_from([COMPONENT, COMPONENT[:-1], COMPONENT[:8], CORE_MODULE, b"{}", b""]),
)
