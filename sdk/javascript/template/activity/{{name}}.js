// Greets one city. Build with: npm install && npm run build
import { activity } from "soloist-sdk";

activity((ctx, city) => `Hello ${city}!`);
