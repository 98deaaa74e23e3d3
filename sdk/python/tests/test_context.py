"""What an orchestrator asks of the host, and how answers come back."""

import unittest
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from fake import Failure as Record
from fake import Host, RetryPolicy as Policy

from soloist import Context, Failure, RetryPolicy, TaskFailed

BROKE = Record("Broke", "in two", "why", True)


@dataclass
class Total:
    sum: int


class Asking(unittest.TestCase):
    def test_every_field_of_a_policy_crosses_in_milliseconds(self) -> None:
        policy = RetryPolicy(5, timedelta(seconds=1), 2, timedelta(seconds=30), 3600, 0.0015)
        with Host() as host:
            Context().call_activity("pay", {"to": "é"}, retry=policy)
        crossed = Policy(5, 1000.0, 2.0, 30_000.0, 3_600_000.0, 1.5)
        self.assertEqual(host.asked, [("activity", "pay", '{"to":"é"}', crossed)])

    def test_moments_cross_in_utc(self) -> None:
        with Host() as host:
            context = Context()
            context.create_timer(datetime(1970, 1, 1, 0, 0, 1))
            context.create_timer(datetime(1970, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))))
            context.create_timer_after(2)
            self.assertEqual(context.current_time, datetime(1970, 1, 1, 0, 16, 40, tzinfo=timezone.utc))
        self.assertEqual(host.asked, [("timer", 1000.0), ("timer", 0.0), ("timer", 1_002_000.0)])

    def test_a_request_says_only_what_was_set(self) -> None:
        with Host() as host:
            Context().call_http("GET", "http://x/")
            Context().call_http("POST", "http://x/", json=[1], async_pattern=False)
            with self.assertRaises(ValueError):
                Context().call_http("POST", "http://x/", json=[1], content="1")
        self.assertEqual(host.asked[0][1], '{"method":"GET","uri":"http://x/"}')
        full = '{"method":"POST","uri":"http://x/","headers":{"content-type":"application/json"},"content":"[1]"'
        self.assertEqual(host.asked[1][1], full + ',"asyncPattern":false}')

    def test_a_response_is_read(self) -> None:
        with Host({0: '{"statusCode":500,"headers":{"X-A":"1"},"content":"[1"}'}):
            response = Context().call_http("GET", "http://x/").wait()
        self.assertEqual((response.status_code, response.ok, response.header("x-a")), (500, False, "1"))
        with self.assertRaises(Failure) as caught:
            response.json()
        self.assertEqual(caught.exception.error_type, Failure.INVALID_ANSWER)


class Waiting(unittest.TestCase):
    def test_a_task_answers_the_same_each_time(self) -> None:
        with Host({0: '{"sum":3}'}) as host:
            task = Context().call_activity("add", returns=Total)
            self.assertEqual([task.wait(), task.wait()], [Total(3), Total(3)])
        self.assertEqual(host.asked.count(("await", 0)), 1)

    def test_a_failed_task_raises_all_four(self) -> None:
        with Host({0: BROKE}), self.assertRaises(TaskFailed) as caught:
            Context().call_activity("add").wait()
        expected = {"errorType": "Broke", "message": "in two", "details": "why", "nonRetriable": True}
        self.assertEqual(caught.exception.to_dict(), expected)

    def test_an_answer_of_another_shape_is_a_failure(self) -> None:
        with Host({0: '{"sum":"3"}'}), self.assertRaises(Failure) as caught:
            Context().call_activity("add", returns=Total).wait()
        self.assertEqual(caught.exception.error_type, Failure.INVALID_ANSWER)
        self.assertEqual(
            caught.exception.message, "the answer of activity `add` is not a Total: at sum: '3' is not a whole number"
        )

    def test_all_are_awaited_at_once(self) -> None:
        with Host({0: "1", 1: BROKE, 2: "3"}) as host:
            context = Context()
            tasks = [context.call_activity("echo", number) for number in range(3)]
            first, second, third = context.await_all(tasks)
            self.assertEqual((first, third), (1, 3))
            self.assertIsInstance(second, Failure)
            with self.assertRaises(TaskFailed):
                context.try_await_all(tasks)
            self.assertEqual(tasks[0].wait(), 1)
        self.assertNotIn(("await", 0), host.asked)

    def test_whichever_loses_against_a_timer_is_cancelled(self) -> None:
        with Host({0: '{"sum":1}', 1: "null"}, earliest=[0]) as host:
            self.assertEqual(Context().wait_for_event_within("Go", 5, returns=Total), Total(1))
        self.assertIn(("cancel", 1), host.asked)
        with Host({1: "null"}, earliest=[1]) as host:
            self.assertIsNone(Context().wait_for_event_within("Go", 5))
        self.assertIn(("cancel", 0), host.asked)

    def test_nothing_can_be_first_of_none(self) -> None:
        with Host(), self.assertRaises(ValueError):
            Context().await_any([])


class Telling(unittest.TestCase):
    def test_what_is_told_crosses(self) -> None:
        with Host() as host:
            context = Context()
            context.set_custom_status({"step": 1})
            context.send_event("other", "Go")
            context.continue_as_new(2, keep_events=False)
            context.warn("odd")
        told = [("status", '{"step":1}'), ("send", "other", "Go", "null"), ("continue", "2", False), ("log", "WARN", "odd")]
        self.assertEqual(host.asked, told)

    def test_without_a_host_it_says_so(self) -> None:
        with self.assertRaises(RuntimeError) as caught:
            Context().new_guid()
        self.assertIn("there is no host here", str(caught.exception))
