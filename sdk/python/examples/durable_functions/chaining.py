"""Function chaining: each step takes what the one before made."""

import soloist.durable_functions as df


def orchestrator_function(context: df.DurableOrchestrationContext):
    text = context.get_input()
    try:
        trimmed = yield context.call_activity("trim", text)
        counted = yield context.call_activity("count_words", trimmed)
        return (yield context.call_activity("describe", {"text": trimmed, "words": counted}))
    except Exception as error:
        # Whatever step it was: its failure arrives where it was yielded.
        yield context.call_activity("note_failure", str(error))
        raise


main = df.Orchestrator.create(orchestrator_function)
