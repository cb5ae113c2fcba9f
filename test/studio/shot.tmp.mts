import { StaticHost, Visitor } from "./site.ts";

const host = await StaticHost.start(process.env.SITE ?? "/tmp/site", "/some/where/");
for (const arg of process.argv.slice(2)) {
  const [hash, name, w = "1440", h = "900", dark = "", act = ""] = arg.split("|");
  const v = await Visitor.open({ width: +w, height: +h, dark: dark === "dark" });
  await v.page.goto(`${host.url}${hash}`);
  await v.drawn(process.env.DRAWN ?? ".wall li canvas").catch((e) => console.log(String(e).slice(0, 200)));
  await v.page.waitForTimeout(1500);
  if (act) {
    await new Function("page", `return (async () => { ${act} })()`)(v.page);
    await v.page.waitForTimeout(2000);
  }
  await v.page.screenshot({ path: `/tmp/${name}.png` });
  console.log(name, v.problems.join("\n"), await v.page.evaluate("crossOriginIsolated"));
  await v.close();
}
await host.stop();
