// Five activities in sequence: each greeting is recorded, so a crash repeats none that is done.
import { orchestrator } from "soloist-sdk";

const CITIES = ["Tokyo", "Seattle", "London", "Cairo", "Lima"];

orchestrator(async (ctx, input) => {
  // How long each greeting takes, so that one can watch.
  const { delayMs = 0 } = input ?? {};
  const greetings = [];
  for (const name of CITIES) {
    greetings.push(await ctx.callActivity("say-hello", { name, delayMs }));
  }
  return greetings;
});
