"""Generators in the style of Durable Functions."""

import unittest
from datetime import datetime
from typing import Any
from uuid import UUID

from fake import Failure as Record
from fake import Host, RetryPolicy as Policy

import soloist.durable_functions as df
from soloist import Context, TaskFailed, _registry
from soloist.durable_functions._orchestrator import drive

BROKE = Record("Broke", "in two", None, False)


def run(function: Any, input: str = "null") -> Any:
    return drive(function, Context(), input)


class Yielding(unittest.TestCase):
    def test_a_chain_hands_answers_on(self) -> None:
        def chain(context: Any) -> Any:
            first = yield context.call_activity("F1", context.get_input())
            second = yield context.call_activity("F2", first)
            return second

        with Host({0: "[1]", 1: '"end"'}) as host:
            self.assertEqual(run(chain, '"{\\"a\\":1}"'), "end")
        self.assertEqual(host.asked[2], ("activity", "F2", "[1]", None))
        self.assertEqual(host.asked[0], ("activity", "F1", '{"a":1}', None))

    def test_a_failure_arrives_where_it_was_yielded(self) -> None:
        def careful(context: Any) -> Any:
            try:
                yield context.call_activity("F1")
            except Exception as error:
                return str(error)

        def careless(context: Any) -> Any:
            yield context.call_activity("F1")

        with Host({0: BROKE}):
            self.assertEqual(run(careful), "Broke: in two")
        with Host({0: BROKE}), self.assertRaises(TaskFailed):
            run(careless)

    def test_what_never_yields_is_run_as_well(self) -> None:
        self.assertEqual(run(lambda context: context.get_input(), "3"), 3)

    def test_only_tasks_are_yielded(self) -> None:
        def wrong(context: Any) -> Any:
            yield [1]

        with self.assertRaises(TypeError):
            run(wrong)

    def test_retries_cross(self) -> None:
        def again(context: Any) -> Any:
            return (yield context.call_activity_with_retry("F1", df.RetryOptions(5000, 3), 1))

        with Host({0: "1"}) as host:
            run(again)
        self.assertEqual(host.asked[0], ("activity", "F1", "1", Policy(3, 5000.0, 1.0, None, None, None)))


class Several(unittest.TestCase):
    def test_all_are_awaited_by_one_call(self) -> None:
        def fan(context: Any) -> Any:
            tasks = [context.call_activity("F", number) for number in range(3)]
            answers = yield context.task_all(tasks)
            return answers, [task.result for task in tasks]

        with Host({0: "0", 1: "1", 2: "2"}) as host:
            self.assertEqual(run(fan), ([0, 1, 2], [0, 1, 2]))
        self.assertEqual(host.asked[3:], [("all", [0, 1, 2])])

    def test_all_of_none_is_nothing(self) -> None:
        def fan(context: Any) -> Any:
            return (yield context.task_all([]))

        with Host():
            self.assertEqual(run(fan), [])

    def test_all_fails_by_the_first_failure(self) -> None:
        def fan(context: Any) -> Any:
            tasks = [context.call_activity("F", number) for number in range(2)]
            try:
                yield context.task_all(tasks)
            except Exception as error:
                return tasks[0].result, tasks[1].is_faulted, tasks[1].result is error

        with Host({0: "0", 1: BROKE}):
            self.assertEqual(run(fan), (0, True, True))

    def test_the_first_in_history_wins(self) -> None:
        def race(context: Any) -> Any:
            event = context.wait_for_external_event("Approval")
            timer = context.create_timer(datetime(2026, 1, 1))
            winner = yield context.task_any([event, timer])
            self.assertFalse(timer.is_completed)
            timer.cancel()
            return winner is event, winner.result, timer.is_cancelled

        with Host({0: '"{\\"ok\\":true}"', 1: "null"}, earliest=[0, 1]) as host:
            self.assertEqual(run(race), (True, {"ok": True}, True))
        self.assertEqual(host.asked[-1], ("cancel", 1))

    def test_a_race_may_hold_whole_groups(self) -> None:
        def race(context: Any) -> Any:
            parts = context.task_all([context.call_activity("F", 0), context.call_activity("F", 1)])
            timer = context.create_timer(datetime(2026, 1, 1))
            winner = yield context.task_any([parts, timer])
            return "parts" if winner is parts else "timer", winner.result

        answers = {0: '"a"', 1: '"b"', 2: "null"}
        with Host(dict(answers), earliest=[1, 0, 2]):
            self.assertEqual(run(race), ("parts", ["a", "b"]))
        with Host(dict(answers), earliest=[1, 2, 0]):
            self.assertEqual(run(race), ("timer", None))

    def test_what_won_may_be_yielded_again(self) -> None:
        def both(context: Any) -> Any:
            tasks = [context.call_activity("F", number) for number in range(2)]
            first = yield context.task_any(tasks)
            rest = yield context.task_any([task for task in tasks if task is not first])
            return first.result, (yield rest), (yield first)

        with Host({0: "0", 1: "1"}, earliest=[1, 0]):
            self.assertEqual(run(both), (1, 0, 1))


class Knowing(unittest.TestCase):
    def test_the_context_knows_its_instance(self) -> None:
        def know(context: Any) -> Any:
            context.set_custom_status("here")
            context.continue_as_new(2)
            return (context.instance_id, context.custom_status, context.will_continue_as_new, context.new_guid())

        with Host() as host:
            uuid = UUID("9fff5849-821c-5af6-a09e-893393c20963")
            self.assertEqual(run(know), ("night-7", "here", True, uuid))
        self.assertEqual(host.asked, [("status", '"here"'), ("continue", "2", True)])

    def test_functions_of_an_app_have_their_names(self) -> None:
        self.addCleanup(_registry.activities.served.clear)
        app = df.DFApp(http_auth_level=None)

        @app.function_name("other_name")
        @app.activity_trigger(input_name="city")
        def greet(city: str) -> str:
            return f"Hello {city}!"

        self.assertEqual(_registry.activities.run("other-name", None, '"Lima"'), '"Hello Lima!"')
