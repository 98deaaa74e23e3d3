"""Four patterns of Durable Functions in one component: importing a module serves it under its name.

The activities, and one more orchestrator, are in the other style of that library: decorators of an app.
"""

import chaining  # noqa: F401
import fan_out_fan_in  # noqa: F401
import human_interaction  # noqa: F401
import monitor  # noqa: F401

import soloist.durable_functions as df

app = df.DFApp()


@app.orchestration_trigger(context_name="context")
def escalation(context: df.DurableOrchestrationContext):
    told = yield context.call_activity("tell", f"nobody has approved {context.get_input()}")
    return f"escalated: {told}"


@app.activity_trigger(input_name="text")
def trim(text: str) -> str:
    if not text.strip():
        raise ValueError("there is no text")
    return " ".join(text.split())


@app.activity_trigger(input_name="text")
def count_words(text: str) -> int:
    return len(text.split())


@app.activity_trigger(input_name="counted")
def describe(counted: dict) -> str:
    return f"{counted['text']!r} has {counted['words']} words"


@app.activity_trigger(input_name="message")
def note_failure(message: str) -> None:
    print("failed:", message)


@app.activity_trigger(input_name="count")
def list_folders(count: int) -> list[str]:
    return [f"folder-{number}" for number in range(count)]


@app.activity_trigger(input_name="folder")
def measure(folder: str) -> int:
    return 1024 * (int(folder.rpartition("-")[2]) + 1)


@app.function_name("where_is")
@app.activity_trigger(input_name="question")
def place_of(question: dict) -> str:
    stops = ["packed", "on the road", "at the door"]
    return stops[min(question["asked"], len(stops)) - 1]


@app.activity_trigger(input_name="message")
def tell(message: str) -> str:
    print(message)
    return message
