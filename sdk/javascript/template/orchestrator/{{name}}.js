// Greets each city of its input, by the activity `say-hello`. Build with: npm install && npm run build
import { orchestrator } from "soloist-sdk";

orchestrator(async (ctx, cities) => {
  const greetings = [];
  for (const city of cities ?? ["Tokyo", "Seattle", "London"]) {
    greetings.push(await ctx.callActivity("say-hello", city));
  }
  return greetings;
});
