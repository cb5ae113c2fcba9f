import { servePoints } from "./points-serve.js";

servePoints(self as never);
