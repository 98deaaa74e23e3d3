"""What crosses, and what it becomes."""

import unittest
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum
from typing import Any, Literal, Optional
from uuid import UUID

from soloist import Failure, camel_case
from soloist._json import decode, encode
from soloist._shapes import ANYTHING, Misfit


class Color(Enum):
    RED = "red"


@camel_case
@dataclass
class Line:
    unit_price: float
    tags: list[str] = field(default_factory=list)


@dataclass
class Order:
    id: int
    lines: list[Line]
    at: datetime | None = None
    color: Color = Color.RED
    kind: Literal["a", "b"] = "a"


def read(text: str, wanted: Any) -> Any:
    return decode(text, wanted, again=True)


class Decoding(unittest.TestCase):
    def test_a_dataclass_is_read_to_its_depth(self) -> None:
        text = '{"id":1,"lines":[{"unitPrice":2,"tags":["x"]}],"at":"2026-01-02T03:04:05.678Z","color":"red","more":0}'
        at = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=timezone.utc)
        self.assertEqual(read(text, Order), Order(1, [Line(2.0, ["x"])], at))

    def test_what_does_not_fit_is_told_with_its_place(self) -> None:
        for text, wanted, message in [
            ('{"id":1,"lines":[{"unitPrice":"2"}]}', Order, "at lines[0].unitPrice: '2' is not a number"),
            ('{"lines":[]}', Order, "`id` is missing"),
            ("true", int, "True is not a whole number"),
            ("null", list[int], "null is not a list"),
            ('{"a":1}', list[int], "an object is not a list"),
            ("[1]", tuple[int, int], "a list is not a list of 2"),
            ('"x"', Optional[int], "'x' is not a whole number"),
            ('"c"', Literal["a", "b"], "'c' is not one of ('a', 'b')"),
        ]:
            with self.subTest(text), self.assertRaises(Misfit) as caught:
                read(text, wanted)
            self.assertIn(message, str(caught.exception))

    def test_what_was_encoded_twice_is_read_where_a_string_will_not_do(self) -> None:
        self.assertEqual(read('"[1,2]"', list[int]), [1, 2])
        self.assertEqual(read('"[1,2]"', ANYTHING), [1, 2])
        self.assertEqual(read('"[1,2]"', str), "[1,2]")
        self.assertEqual(read('"[1,2]"', Any), "[1,2]")
        self.assertEqual(read('"[1,2]"', Optional[str]), "[1,2]")
        self.assertEqual(read('"12"', ANYTHING), "12")
        self.assertEqual(read('"[1,"', ANYTHING), "[1,")
        self.assertEqual(decode('"[1,2]"', ANYTHING, again=False), "[1,2]")

    def test_an_empty_text_is_nothing_where_a_string_will_not_do(self) -> None:
        self.assertIsNone(read('""', Optional[Order]))
        for wanted in (str, Any, Optional[str], ANYTHING):
            self.assertEqual(read('""', wanted), "")
        with self.assertRaises(Misfit):
            read('""', list[int])

    def test_plain_shapes(self) -> None:
        self.assertEqual(read("[1,2]", tuple[int, ...]), (1, 2))
        self.assertEqual(read('{"a":[1]}', dict[str, list[float]]), {"a": [1.0]})
        self.assertIsNone(read("null", Optional[Order]))
        uuid = "9fff5849-821c-5af6-a09e-893393c20963"
        self.assertEqual(read(f'"{uuid}"', UUID), UUID(uuid))
        with self.assertRaises(TypeError):
            read("1", complex)


class Encoding(unittest.TestCase):
    def test_values_are_written_as_they_are_read(self) -> None:
        order = Order(1, [Line(2.0)], datetime(2026, 1, 2, tzinfo=timezone.utc))
        text = encode(order)
        self.assertIn('"unitPrice":2.0', text)
        self.assertIn('"at":"2026-01-02T00:00:00Z"', text)
        self.assertEqual(read(text, Order), order)

    def test_a_failure_is_written_with_all_four(self) -> None:
        expected = '{"errorType":"X","message":"m","details":null,"nonRetriable":true}'
        self.assertEqual(encode(Failure("X", "m", non_retriable=True)), expected)

    def test_what_does_not_fit_is_refused(self) -> None:
        for value in [{1}, float("nan"), "\ud800", object(), {(): 1}]:
            with self.subTest(repr(value)), self.assertRaises((TypeError, ValueError)):
                encode(value)
