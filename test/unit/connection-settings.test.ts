import assert from "node:assert/strict";
import { readSettings } from "../../src/connection/settings";
import { english } from "./english";

describe("the setting flyte.connections", () => {
  it("gives a connection for each of its objects", () => {
    const { entries, problems } = readSettings(
      [
        { name: " team ", endpoint: " flyte.example.com:443 " },
        {
          name: "sandbox",
          endpoint: "localhost:30080",
          insecure: true,
          caCertFile: "/ca.pem",
          insecureSkipVerify: true,
        },
      ],
      english,
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(
      entries.map(({ id, name, config }) => ({ id, name, config })),
      [
        {
          id: "settings:team",
          name: "team",
          config: { endpoint: "flyte.example.com:443", insecure: false, insecureSkipVerify: false },
        },
        {
          id: "settings:sandbox",
          name: "sandbox",
          config: { endpoint: "localhost:30080", insecure: true, insecureSkipVerify: true, caCertFile: "/ca.pem" },
        },
      ],
    );
  });

  it("leaves out what is wrong, says what, and keeps the rest", () => {
    const { entries, problems } = readSettings(
      [
        "localhost:30080",
        { name: "no endpoint" },
        { name: " ", endpoint: "a:1" },
        { name: "typo", endpoint: "a:1", insecur: true },
        { name: "number", endpoint: 30080 },
        { name: "text", endpoint: "a:1", insecure: "yes" },
        { name: "secret", endpoint: "a:1", clientSecret: "s" },
        { name: "certificate", endpoint: "a:1", caCertFile: "ca.pem" },
        { name: "good", endpoint: "a:1" },
        { name: "good", endpoint: "b:1" },
      ],
      english,
    );
    assert.deepEqual(
      entries.map(({ config }) => config.endpoint),
      ["a:1"],
    );
    assert.deepEqual(
      problems.map(({ message }) => message),
      [
        'flyte.connections[0] must be an object with "name" and "endpoint".',
        'flyte.connections[1] has no "endpoint".',
        'flyte.connections[2] has no "name".',
        'flyte.connections[3] has "insecur", which is not known. Known are: name, endpoint, insecure, caCertFile, insecureSkipVerify.',
        '"endpoint" of flyte.connections[4] must be a text in quotes.',
        '"insecure" of flyte.connections[5] must be true or false.',
        'flyte.connections[6] has "clientSecret", which is not known. Known are: name, endpoint, insecure, caCertFile, insecureSkipVerify.',
        '"caCertFile" of flyte.connections[7] must be an absolute path, but is "ca.pem".',
        'flyte.connections[9] has the name "good" that another one has.',
      ],
    );
  });

  it("that is no list is one problem", () => {
    for (const value of [undefined, null, {}, "localhost:30080"]) {
      const { entries, problems } = readSettings(value, english);
      assert.deepEqual(entries, []);
      assert.match(problems[0]?.message ?? "", /must be a list/);
    }
  });
});
