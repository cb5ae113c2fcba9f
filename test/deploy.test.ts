import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { program } from "../src/cli/program.js";
import { serving } from "./server/serving.js";

const root = resolve(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(root, "deploy", path), "utf8");
const folders = ["kubernetes", "kserve"];
const files = folders.flatMap((folder) => readdirSync(join(root, "deploy", folder)).map((one) => `${folder}/${one}`));
const run = promisify(execFile);

/** The fields that are used, of the types that the cluster's own schemas give them; no others. */
const name = z.string().regex(/^[a-z]([a-z0-9-]*[a-z0-9])?$/);
const labels = z.record(z.string(), z.string());
const quantity = z.string().regex(/^\d+(m|Mi|Gi)?$/);
const amounts = z.strictObject({ cpu: quantity.optional(), memory: quantity.optional() });
const resources = z.strictObject({ requests: amounts, limits: amounts });
const seconds = z.int().min(1).optional();
const probe = z.strictObject({
  httpGet: z.strictObject({ path: z.string().startsWith("/"), port: z.union([name, z.int().min(1).max(65535)]) }),
  periodSeconds: seconds,
  timeoutSeconds: seconds,
  failureThreshold: seconds,
});
const image = z.string().regex(/^[a-z0-9]+:[\w.-]+$/, "an image is named without a registry's host");
const container = z.strictObject({
  name,
  image,
  args: z.array(z.string()),
  env: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[A-Z_]+$/),
        valueFrom: z.strictObject({ secretKeyRef: z.strictObject({ name, key: z.string(), optional: z.boolean() }) }),
      }),
    )
    .optional(),
  ports: z.array(
    z.strictObject({ name, containerPort: z.int().min(1).max(65535), protocol: z.enum(["TCP"]).optional() }),
  ),
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe.optional(),
  resources,
  securityContext: z.strictObject({
    runAsNonRoot: z.literal(true).optional(),
    runAsUser: z.int().min(1).optional(),
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true).optional(),
    capabilities: z.strictObject({ drop: z.tuple([z.literal("ALL")]) }),
  }),
  volumeMounts: z.array(z.strictObject({ name, mountPath: z.string().startsWith("/") })).optional(),
});
const metadata = z.strictObject({ name, labels: labels.optional() });
const deployment = z.strictObject({
  apiVersion: z.literal("apps/v1"),
  kind: z.literal("Deployment"),
  metadata,
  spec: z.strictObject({
    replicas: z.int().min(1),
    selector: z.strictObject({ matchLabels: labels }),
    template: z.strictObject({
      metadata: z.strictObject({ labels, annotations: labels }),
      spec: z.strictObject({
        terminationGracePeriodSeconds: z.int().min(1),
        automountServiceAccountToken: z.literal(false),
        securityContext: z.strictObject({
          runAsNonRoot: z.literal(true),
          runAsUser: z.int().min(1),
          seccompProfile: z.strictObject({ type: z.literal("RuntimeDefault") }),
        }),
        containers: z.tuple([container]),
        volumes: z.array(z.strictObject({ name, emptyDir: z.strictObject({}) })),
      }),
    }),
  }),
});
const service = z.strictObject({
  apiVersion: z.literal("v1"),
  kind: z.literal("Service"),
  metadata,
  spec: z.strictObject({
    selector: labels,
    ports: z.tuple([z.strictObject({ name, port: z.int().min(1).max(65535), targetPort: name })]),
  }),
});
const policies = z.array(z.strictObject({ type: z.enum(["Pods", "Percent"]), value: z.int(), periodSeconds: z.int() }));
const scaling = z.strictObject({ stabilizationWindowSeconds: z.int().min(0).max(3600), policies: policies.optional() });
const autoscaler = z.strictObject({
  apiVersion: z.literal("autoscaling/v2"),
  kind: z.literal("HorizontalPodAutoscaler"),
  metadata,
  spec: z.strictObject({
    scaleTargetRef: z.strictObject({ apiVersion: z.literal("apps/v1"), kind: z.literal("Deployment"), name }),
    minReplicas: z.int().min(1),
    maxReplicas: z.int().min(1),
    metrics: z.tuple([
      z.strictObject({
        type: z.literal("Pods"),
        pods: z.strictObject({
          metric: z.strictObject({ name: z.string() }),
          target: z.strictObject({ type: z.literal("AverageValue"), averageValue: quantity }),
        }),
      }),
    ]),
    behavior: z.strictObject({ scaleUp: scaling, scaleDown: scaling }),
  }),
});
const inference = z.strictObject({
  apiVersion: z.literal("serving.kserve.io/v1beta1"),
  kind: z.literal("InferenceService"),
  metadata,
  spec: z.strictObject({
    predictor: z.union([
      z.strictObject({ minReplicas: z.int(), maxReplicas: z.int(), containers: z.tuple([container]) }),
      z.strictObject({
        model: z.strictObject({
          modelFormat: z.strictObject({ name: z.literal("triton") }),
          protocolVersion: z.literal("v2"),
          storageUri: z.string().startsWith("pvc://"),
          resources,
        }),
      }),
    ]),
  }),
});
const schemas = {
  "kubernetes/deployment.yaml": deployment,
  "kubernetes/service.yaml": service,
  "kubernetes/autoscaler.yaml": autoscaler,
  "kserve/fewstep.yaml": inference,
  "kserve/triton.yaml": inference,
};

test("every manifest has the fields of its kind", () => {
  expect(files.sort()).toEqual(Object.keys(schemas).sort());
  for (const [path, schema] of Object.entries(schemas)) {
    const { error } = (schema as z.ZodType).safeParse(parse(read(path)));
    expect(error && z.prettifyError(error), path).toBeUndefined();
  }
});

const own = deployment.parse(parse(read("kubernetes/deployment.yaml")));
const { predictor } = inference.parse(parse(read("kserve/fewstep.yaml"))).spec;
const containers = [own.spec.template.spec.containers[0], ...("containers" in predictor ? predictor.containers : [])];

test("manifests fit each other", () => {
  const { spec } = service.parse(parse(read("kubernetes/service.yaml")));
  const { scaleTargetRef } = autoscaler.parse(parse(read("kubernetes/autoscaler.yaml"))).spec;
  const { template, selector } = own.spec;
  expect(template.metadata.labels).toEqual(selector.matchLabels);
  expect(spec.selector).toEqual(selector.matchLabels);
  expect(scaleTargetRef.name).toBe(own.metadata.name);
  const [{ ports, volumeMounts }] = template.spec.containers;
  expect(ports.map((port) => port.name)).toContain(spec.ports[0].targetPort);
  expect(volumeMounts!.map((one) => one.name)).toEqual(template.spec.volumes.map((one) => one.name));
});

describe("what the containers are asked", () => {
  const serve = program.commands.find((one) => one.name() === "serve")!;
  test("are arguments of fewstep serve", () => {
    const entry = /^ENTRYPOINT (\[.*\])$/m.exec(read("Dockerfile"))![1];
    const [node, main, verb, ...first] = JSON.parse(entry);
    expect([node, main, verb]).toEqual(["node", "dist/cli/main.js", "serve"]);
    for (const { args, ports } of containers) {
      const { operands, unknown } = serve.parseOptions([...first, ...args]);
      expect([operands, unknown]).toEqual([[], []]);
      expect(serve.opts()).toMatchObject({ host: "0.0.0.0", port: ports[0].containerPort });
    }
  });

  test("is answered as they expect: probes by address, names of the service, the autoscaler's metric", async () => {
    const { app } = await serving({ host: "0.0.0.0", allowHosts: serve.opts().allowHost, token: "secret" });
    try {
      const status = async (url: string, host: string, headers = {}) =>
        (await app.inject({ url, headers: { host, ...headers } })).statusCode;
      for (const { livenessProbe, readinessProbe, args } of containers) {
        await expect.poll(() => status(readinessProbe.httpGet.path, "10.1.2.3:8000"), { timeout: 60_000 }).toBe(200);
        expect(await status(livenessProbe.httpGet.path, "10.1.2.3:8000")).toBe(200);
        serve.parseOptions(args);
      }
      expect(await status("/healthz", serve.opts().allowHost[0])).toBe(200);
      expect(await status("/healthz", "elsewhere.example")).toBe(403);
      const { metric } = autoscaler.parse(parse(read("kubernetes/autoscaler.yaml"))).spec.metrics[0].pods;
      const headers = { host: "10.1.2.3:8000", authorization: "Bearer secret" };
      const { body } = await app.inject({ url: "/metrics", headers });
      expect(body).toMatch(new RegExp(`^${metric.name} 0$`, "m"));
    } finally {
      await app.close();
    }
  });
});

describe("the Dockerfile", () => {
  const text = read("Dockerfile");
  const lines = text.replaceAll(/\\\n\s*/g, "").split("\n");
  const of = (instruction: string) =>
    lines.flatMap((line) => (line.startsWith(`${instruction} `) ? [line.slice(instruction.length + 1)] : []));

  test("has two stages, names no registry, and runs as no root", () => {
    const bases = of("FROM");
    expect(bases).toHaveLength(2);
    for (const base of bases) expect(base).toMatch(/^[a-z]+:[\w.-]+( AS \w+)?$/);
    expect(text).not.toMatch(/https?:\/\/(?!127\.0\.0\.1)/);
    expect(of("USER")).toEqual(["1000:1000"]);
    expect(lines.findIndex((line) => line.startsWith("USER"))).toBeGreaterThan(lines.lastIndexOf(`FROM ${bases[1]}`));
  });

  test("takes over what the package needs", () => {
    const taken = of("COPY").flatMap((line) => {
      const parts = line.split(" ").filter((part) => !part.startsWith("--"));
      return line.includes("--from=build") ? parts.slice(0, -1).map((path) => path.replace("/src/", "")) : [];
    });
    expect(taken.sort()).toEqual(["LICENSE", "NOTICE", "dist", "models", "node_modules", "package.json"]);
    for (const path of taken) if (path !== "dist") expect(existsSync(join(root, path)), path).toBe(true);
  });

  test("its health check tells a server that is up from none", async () => {
    const [command, ...args] = JSON.parse(/CMD (\[.*\])$/.exec(of("HEALTHCHECK")[0])![1]) as string[];
    const { app, port } = await serving();
    const check = (at: number) =>
      run(
        command,
        args.map((arg) => arg.replace(":8000/", `:${at}/`)),
      ).then(
        () => 0,
        (error) => error.code,
      );
    expect(args.join(" ")).toContain("http://127.0.0.1:8000/healthz");
    expect(await check(port)).toBe(0);
    await app.close();
    expect(await check(port)).toBe(1);
  });
});
