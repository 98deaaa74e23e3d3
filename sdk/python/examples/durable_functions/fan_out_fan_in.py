"""Fan out, fan in: all parts at once, then their sum. A part that fails is tried again."""

import soloist.durable_functions as df

RETRY = df.RetryOptions(first_retry_interval_in_milliseconds=20, max_number_of_attempts=3)


def orchestrator_function(context: df.DurableOrchestrationContext):
    folders = yield context.call_activity("list_folders", context.get_input())
    tasks = [context.call_activity_with_retry("measure", RETRY, folder) for folder in folders]
    sizes = yield context.task_all(tasks)
    return {"folders": len(sizes), "bytes": sum(sizes)}


main = df.Orchestrator.create(orchestrator_function)
