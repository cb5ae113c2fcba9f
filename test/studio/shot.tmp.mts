import { StaticHost, Visitor } from "./site.ts";
const [hash, name, w = "1440", h = "900", dark = "", wait = "2500", act = ""] = process.argv.slice(2);
const host = await StaticHost.start(process.env.SITE ?? "/tmp/site", "/some/where/");
const v = await Visitor.open({ width: +w, height: +h, dark: dark === "dark" });
await v.page.goto(`${host.url}${hash}`);
await v.page.waitForTimeout(+wait);
if (act) { await new Function("page", `return (async () => { ${act} })()`)(v.page); await v.page.waitForTimeout(1200); }
await v.page.screenshot({ path: `/tmp/${name}.png` });
console.log(v.problems.join("\n"), await v.page.evaluate("crossOriginIsolated"));
await v.close(); await host.stop();
