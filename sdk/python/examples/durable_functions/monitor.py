"""Monitor: asks after a parcel in intervals, until it has arrived or time is up."""

from datetime import timedelta

import soloist.durable_functions as df


def orchestrator_function(context: df.DurableOrchestrationContext):
    order = context.get_input()
    expires = context.current_utc_datetime + timedelta(milliseconds=order["expiresInMs"])
    asked = 0
    while context.current_utc_datetime < expires:
        asked += 1
        place = yield context.call_activity("where_is", {"parcel": order["parcel"], "asked": asked})
        context.set_custom_status({"place": place, "asked": asked})
        if place == "at the door":
            yield context.call_activity("tell", f"parcel {order['parcel']} is {place}")
            return {"arrived": True, "asked": asked}
        wake = context.current_utc_datetime + timedelta(milliseconds=order["intervalMs"])
        yield context.create_timer(wake)
    return {"arrived": False, "asked": asked}


main = df.Orchestrator.create(orchestrator_function)
