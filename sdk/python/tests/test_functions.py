"""Registration, and what a component answers."""

import json
import logging
import unittest
from dataclasses import dataclass
from typing import Any
from collections.abc import Callable

from fake import Err, Host

from soloist import ActivityContext, Context, Failure, _logging
from soloist._component import _answer
from soloist._failure import traceback_of
from soloist._registry import Registry, _register


@dataclass
class Input:
    n: int = 7


def registry(*functions: Any) -> Registry:
    """Bare functions, or pairs of a name and a function."""
    made = Registry("orchestrator")
    for function in functions:
        if isinstance(function, tuple):
            _register(made, function[0])(function[1])
        else:
            _register(made, function)
    return made


def answer(made: Registry, input: str = "null", name: str = "main") -> Any:
    """What the component answers: JSON, or the record of a failure."""
    with Host(name=name):
        context = Context()
        try:
            return json.loads(_answer(made, context, input, _logging.to(context)))
        except Err as error:
            return error.value


def double(ctx: Context, input: Input = Input()) -> int:
    return input.n * 2


def say_hi(ctx: Context) -> str:
    return "hi"


def failing(error: BaseException) -> Callable[[Context], None]:
    def fail(ctx: Context) -> None:
        raise error

    return fail


class Names(unittest.TestCase):
    def test_a_lone_function_answers_to_any_name(self) -> None:
        self.assertEqual(answer(registry(double), '{"n":2}', name="whatever"), 4)

    def test_one_with_a_name_answers_to_that_only(self) -> None:
        self.assertEqual(answer(registry(("a", double)), name="whatever").error_type, Failure.UNKNOWN_FUNCTION)

    def test_of_several_the_name_picks_one(self) -> None:
        made = registry(double, say_hi)
        self.assertEqual([answer(made, name="say-hi"), answer(made, name="say_hi")], ["hi", "hi"])
        failure = answer(made, name="other")
        self.assertEqual(failure.error_type, Failure.UNKNOWN_FUNCTION)
        self.assertTrue(failure.non_retriable)
        self.assertEqual(failure.message, "this component does not serve the orchestrator `other`, but double, say-hi")

    def test_two_of_one_name_are_refused(self) -> None:
        with self.assertRaises(ValueError):
            registry(double, ("double", say_hi))

    def test_what_would_not_block_is_refused(self) -> None:
        async def later(ctx: Context, input: Any) -> None: ...

        def steps(ctx: Context, input: Any) -> Any:
            yield

        for function in (later, steps):
            with self.subTest(function.__name__), self.assertRaises(TypeError):
                registry(function)


class Inputs(unittest.TestCase):
    def test_null_is_the_default_where_there_is_one(self) -> None:
        self.assertEqual(answer(registry(double)), 14)

    def test_an_input_that_does_not_fit_is_a_failure(self) -> None:
        failure = answer(registry(double), '{"n":"x"}')
        self.assertEqual(failure.error_type, Failure.INVALID_INPUT)
        self.assertEqual(failure.message, "the input is not a Input: at n: 'x' is not a whole number")
        self.assertTrue(failure.non_retriable)


class Failing(unittest.TestCase):
    def test_any_exception_becomes_a_failure(self) -> None:
        failure = answer(registry(failing(LookupError("lost"))))
        self.assertEqual((failure.error_type, failure.message, failure.non_retriable), ("LookupError", "lost", False))
        self.assertRegex(failure.details, r'(?s)^Traceback .*test_functions.py", line \d+, in fail\nLookupError: lost$')

    def test_a_failure_stays_what_it_is(self) -> None:
        failure = answer(registry(failing(Failure("Declined", "no funds", "d", True))))
        kept = (failure.error_type, failure.message, failure.details, failure.non_retriable)
        self.assertEqual(kept, ("Declined", "no funds", "d", True))

    def test_what_is_no_exception_does_not_get_away(self) -> None:
        self.assertEqual(answer(registry(failing(SystemExit(3)))).error_type, "SystemExit")

    def test_text_that_cannot_cross_is_replaced(self) -> None:
        self.assertEqual(answer(registry(failing(ValueError("\ud800")))).message, "?")

    def test_an_output_that_fits_no_json_is_a_failure(self) -> None:
        def sets(ctx: Context) -> set[int]:
            return {1}

        failure = answer(registry(sets))
        self.assertEqual(failure.error_type, Failure.INVALID_OUTPUT)

    def test_causes_are_in_the_details(self) -> None:
        try:
            try:
                raise KeyError("inner")
            except KeyError as inner:
                raise ValueError("outer") from inner
        except ValueError as error:
            text = traceback_of(error)
        self.assertLess(text.index("KeyError: 'inner'"), text.index("which led to:"))
        self.assertTrue(text.endswith("ValueError: outer"))


class Logging(unittest.TestCase):
    def test_what_python_logs_goes_to_the_instance(self) -> None:
        def speak(ctx: Context) -> None:
            _logging._Handler().handle(logging.makeLogRecord({"msg": "odd %d", "args": (1,), "levelno": logging.WARNING}))

        with Host() as host:
            context = Context()
            _answer(registry(speak), context, "null", _logging.to(context))
        self.assertEqual(host.asked, [("log", "WARN", "odd 1")])


class Activities(unittest.TestCase):
    def test_an_activity_knows_its_call(self) -> None:
        def tell(ctx: ActivityContext) -> list[Any]:
            return [ctx.function_name, ctx.instance_id, ctx.task_key, ctx.attempt]

        made = registry(tell)
        with Host(name="tell"):
            self.assertEqual(made.run("tell", ActivityContext(), "null"), '["tell","night-7","night-7/0",1]')
