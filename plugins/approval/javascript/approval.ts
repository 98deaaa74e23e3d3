// A decision by a person, raced against a timer.
import { orchestrator } from "soloist-sdk";

interface Input {
  timeoutMs?: number;
}

/** The data of the event `Approval`. */
interface Decision {
  approved: boolean;
  by?: string;
}

type Outcome = { outcome: "approved" | "rejected"; by: string | null } | { outcome: "timedOut" };

orchestrator<Input | null, Outcome>(async (ctx, input) => {
  const { timeoutMs = 60_000 } = input ?? {};
  const until = ctx.currentTime.getTime() + timeoutMs;
  ctx.setCustomStatus({ stage: "waiting", until });
  const decision = await ctx.waitForEventWithin<Decision>("Approval", timeoutMs);
  ctx.setCustomStatus({ stage: "decided" });
  if (decision === undefined) return { outcome: "timedOut" };
  return { outcome: decision.approved ? "approved" : "rejected", by: decision.by ?? null };
});
