// An order: checks side by side, then steps that are taken back when a later one fails.
import { Failure, activities, orchestrator } from "soloist-sdk";

const RETRY = { maxAttempts: 3, firstRetryInterval: 100, backoffCoefficient: 2 };

orchestrator("order", async (ctx, { customer, card, lines }) => {
  ctx.setCustomStatus({ stage: "checking" });
  // All are asked for before any is waited for. The first that says no leaves this function, and the order fails.
  const [{ discount }, ...checked] = await Promise.all([
    ctx.callActivity("check-customer", customer),
    ...lines.map((line) => ctx.callActivity("check-stock", line)),
  ]);
  const total = Math.round(checked.reduce((sum, { price }) => sum + price, 0) * (1 - discount));

  // How each step is taken back, the newest first.
  const undo = [];
  try {
    ctx.setCustomStatus({ stage: "reserving" });
    for (const line of lines) {
      const reservation = await ctx.callActivity("reserve", line, RETRY);
      undo.unshift(() => ctx.callActivity("release", reservation, RETRY));
    }
    ctx.setCustomStatus({ stage: "charging", total });
    const receipt = await ctx.callActivity("charge", { card, amount: total }, RETRY);
    return { outcome: "ordered", total, receipt };
  } catch (failure) {
    ctx.warn(`${failure.message}: taking back ${undo.length} steps`);
    const released = [];
    for (const takeBack of undo) released.push(await takeBack());
    return { outcome: "refused", reason: failure.errorType, message: failure.message, released };
  } finally {
    ctx.setCustomStatus({ stage: "done" });
  }
});

// What a shop would look up. Prices are in cents.
const DISCOUNTS = { gold: 0.1, silver: 0.05 };
const SHELF = { tea: { price: 400, stock: 20 }, milk: { price: 200, stock: 5 }, cake: { price: 1250, stock: 2 } };

activities({
  "check-customer": (_, { tier }) => ({ discount: DISCOUNTS[tier] ?? 0 }),

  "check-stock"(_, { item, count }) {
    const shelf = SHELF[item];
    if (!shelf) throw new Failure("NoSuchItem", `we do not sell ${item}`);
    if (count > shelf.stock) throw new Failure("OutOfStock", `there are ${shelf.stock} of ${item}, not ${count}`);
    return { item, count, price: shelf.price * count };
  },

  // The key is the same when the host runs the call again: a shop would keep the reservation under it, once.
  reserve: ({ taskKey }, { item, count }) => ({ reservation: taskKey, item, count }),

  release: (_, { item }) => item,

  charge({ taskKey }, { card, amount }) {
    if (amount > card.limit) {
      throw new Failure("CardDeclined", `${amount} is more than ${card.limit}`, { nonRetriable: true });
    }
    return { number: taskKey, amount };
  },
});
