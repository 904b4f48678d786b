import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { flyteConfigFile, readFlyteConfig } from "../../src/connection/flyte-config";
import { english } from "./english";

describe("Flyte's config file", () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(path.join(os.tmpdir(), "flyte-home-"));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  function write(text: string, file = ".flyte/config.yaml"): string {
    const whole = path.join(home, file);
    mkdirSync(path.dirname(whole), { recursive: true });
    writeFileSync(whole, text);
    return whole;
  }

  function read(env: Record<string, string> = {}) {
    const { entries, problems } = readFlyteConfig({ env, home }, english);
    return { entry: entries[0], entries, problems: problems.map(({ message }) => message) };
  }

  it("that is not there is no connection and no problem", () => {
    assert.deepEqual(read().entries, []);
    assert.deepEqual(read().problems, []);
  });

  it("is read as flytectl writes it", () => {
    const file = write(`
admin:
  # For GRPC endpoints you might want to use dns:///flyte.myexample.com
  endpoint: dns:///flyte.example.com:8089
  authType: Pkce
  insecure: false
  insecureSkipVerify: true
  caCertFilePath: ~/ca.pem
logger:
  show-source: true
  level: 0
`);
    assert.deepEqual(read(), {
      entry: {
        id: "config",
        name: "flyte.example.com:8089",
        origin: file,
        config: {
          endpoint: "dns:///flyte.example.com:8089",
          insecure: false,
          insecureSkipVerify: true,
          caCertFile: path.join(home, "ca.pem"),
        },
      },
      entries: read().entries,
      problems: [],
    });
  });

  it("of a sandbox speaks plain text", () => {
    write("admin:\n  endpoint: localhost:30080\n  insecure: true\n");
    assert.equal(read().entry?.config.insecure, true);
    assert.equal(read().entry?.name, "localhost:30080");
  });

  it("is where FLYTECTL_CONFIG says", () => {
    const other = write("admin:\n  endpoint: other:1\n", "elsewhere/flyte.yaml");
    write("admin:\n  endpoint: usual:1\n");
    assert.equal(flyteConfigFile({ env: { FLYTECTL_CONFIG: "~/elsewhere/flyte.yaml" }, home }), other);
    assert.equal(read({ FLYTECTL_CONFIG: other }).entry?.name, "other:1");
    assert.equal(read({ FLYTECTL_CONFIG: "" }).entry?.name, "usual:1");
  });

  it("gives way to the environment", () => {
    write("admin:\n  endpoint: file:1\n  insecure: true\n");
    const { entry } = read({ FLYTE_ADMIN_ENDPOINT: "env:2" });
    assert.equal(entry?.config.endpoint, "env:2");
    assert.equal(entry?.config.insecure, true);
    assert.match(entry?.origin ?? "", /FLYTE_ADMIN_ENDPOINT/);
    assert.equal(read({ FLYTE_ADMIN_INSECURE: "false" }).entry?.config.insecure, false);
  });

  it("need not be there for an endpoint in the environment", () => {
    const { entry } = read({ FLYTE_ADMIN_ENDPOINT: "localhost:30080", FLYTE_ADMIN_INSECURE: "true" });
    assert.deepEqual(entry?.config, { endpoint: "localhost:30080", insecure: true, insecureSkipVerify: false });
  });

  it("without a connection is no problem", () => {
    for (const text of ["", "admin:\n", "logger:\n  level: 0\n", "admin:\n  endpoint: ''\n"]) {
      write(text);
      assert.deepEqual({ entries: read().entries, problems: read().problems }, { entries: [], problems: [] }, text);
    }
  });

  it("that cannot be understood is one clear problem", () => {
    const file = write("");
    for (const [text, message] of [
      ["admin:\n  endpoint: [a\n", new RegExp(`^${file} is not valid YAML: .* at line \\d+, column \\d+$`)],
      ["admin:\n\tendpoint: a:1\n", /is not valid YAML: .* at line 2, column 1$/],
      ["- a\n- b\n", /must hold "admin:" with "endpoint:" below it\.$/],
      ["admin: yes\n", /must hold "admin:"/],
      ["admin:\n  endpoint: 30080\n", /^admin\.endpoint in .* must be a text/],
      ["admin:\n  endpoint: a:1\n  insecure: 'maybe'\n", /^admin\.insecure in .* must be true or false\.$/],
      ["admin:\n  endpoint: a:1\n  caCertFilePath: 1\n", /^admin\.caCertFilePath in .* must be the path of a file\.$/],
    ] as const) {
      write(text);
      const { entries, problems } = read();
      assert.deepEqual(entries, [], text);
      assert.equal(problems.length, 1, text);
      assert.match(problems[0] ?? "", message);
    }
  });

  it("that cannot be read is a problem", () => {
    mkdirSync(path.join(home, ".flyte/config.yaml"), { recursive: true });
    assert.match(read().problems[0] ?? "", /config\.yaml cannot be read: /);
  });
});
