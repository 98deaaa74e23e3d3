"""The build command, short of the tool that makes the component."""

import tempfile
import unittest
from pathlib import Path

from soloist import _build

SDK = Path(_build.__file__).parent
CONTRACT = SDK.parents[3] / "wit" / "soloist.wit"


class Build(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def module(self, text: str, name: str = "app.py") -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def refusal(self, source: Path, *, wasi: bool = True) -> str:
        with self.assertRaises(_build.BuildError) as caught:
            _build.build(source, self.folder / "app.wasm", wasi=wasi)
        return str(caught.exception)

    def test_a_module_is_looked_at(self) -> None:
        one = "from soloist import *\n@orchestrator\ndef watch_all(ctx): ...\n"
        two = one + "@activity('look')\ndef f(ctx, x): ...\nprint('hi')\nimport soloist.http\n"
        for text, orchestrators, activities, world, fetches in [
            (one, ["watch-all"], [], "orchestrator-module", False),
            (two, ["watch-all"], ["look"], "application", True),
        ]:
            serves = _build.look(self.module(text), "app", self.folder)
            self.assertEqual((serves.orchestrators, serves.activities), (orchestrators, activities))
            self.assertEqual((serves.world, serves.fetches), (world, fetches))

    def test_what_cannot_be_built_is_refused_with_what_to_do(self) -> None:
        self.assertIn("put @soloist.orchestrator", self.refusal(self.module("x = 1")))
        self.assertIn("name a .py file", self.refusal(self.folder / "none.py"))
        self.assertIn("rename it", self.refusal(self.module("", "my-app.py")))
        self.assertIn("take the place of the module `statistics`", self.refusal(self.module("", "statistics.py")))
        fetching = "from soloist import *\nimport soloist.http\n@{}\ndef f(ctx): ...\n"
        self.assertIn("--no-wasi", self.refusal(self.module(fetching.format("activity")), wasi=False))
        self.assertIn("Context.call_http", self.refusal(self.module(fetching.format("orchestrator"))))

    @unittest.skipUnless(CONTRACT.exists(), "only in the repository there is a contract to compare with")
    def test_the_contract_is_the_hosts(self) -> None:
        own = SDK / "wit" / "contract" / "soloist.wit"
        self.assertEqual(own.read_text(encoding="utf-8"), CONTRACT.read_text(encoding="utf-8"))
