"""Human interaction: a person approves in time, or the question goes to the next one up."""

from datetime import timedelta

import soloist.durable_functions as df


def orchestrator_function(context: df.DurableOrchestrationContext):
    request = context.get_input()
    yield context.call_activity("tell", f"please approve {request['what']}")

    due = context.current_utc_datetime + timedelta(milliseconds=request["limitMs"])
    timeout = context.create_timer(due)
    approval = context.wait_for_external_event("ApprovalEvent")
    winner = yield context.task_any([approval, timeout])

    if winner == approval:
        timeout.cancel()
        return "approved" if approval.result["approved"] else "rejected"
    # Not in that library, but here: or a late event would find this wait, and nobody behind it.
    approval.cancel()
    return (yield context.call_sub_orchestrator("escalation", request["what"]))


main = df.Orchestrator.create(orchestrator_function)
