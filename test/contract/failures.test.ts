import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { connect } from "../../src/flyte/addon";
import { FlyteError } from "../../src/flyte/error";
import { failure, type Local, SCOPE, startLocal } from "./setting";

const PAGE = { limit: 10 };

describe("failures of a call", () => {
  const cleanUps: (() => void)[] = [];

  afterEach(() => {
    for (const cleanUp of cleanUps.splice(0)) {
      cleanUp();
    }
  });

  /** Has a server listen on loopback until the test ends; gives its endpoint. */
  async function listen(server: Server): Promise<string> {
    const sockets = new Set<Socket>();
    server.on("connection", (socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanUps.push(() => {
      server.close();
      for (const socket of sockets) {
        socket.destroy();
      }
    });
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  function client(endpoint: string, insecure = true) {
    const client = connect({ endpoint, insecure });
    cleanUps.push(() => client.close());
    return client;
  }

  it("an endpoint that is none is refused at once", () => {
    assert.throws(
      () => connect({ endpoint: "localhost:notaport", insecure: true }),
      (error) => error instanceof FlyteError && error.reason === "invalidEndpoint" && error.code === "INVALID_ARGUMENT",
    );
  });

  it("nothing listens", async () => {
    const server = createServer();
    const endpoint = await listen(server);
    server.close();
    await once(server, "close");
    const error = await failure(client(endpoint).listExecutions(SCOPE, {}, PAGE));
    assert.equal(error.reason, "connectionRefused");
    assert.equal(error.code, "UNAVAILABLE");
    assert.equal(error.endpoint, endpoint);
    assert.match(error.action, /executions/);
    assert.match(error.action, /flytesnacks\/development/);
    assert.notEqual(error.message, "");
  });

  it("a host that does not exist", async () => {
    const error = await failure(client("no-such-host.invalid:80").probe());
    assert.equal(error.reason, "nameNotFound");
    assert.equal(error.endpoint, "no-such-host.invalid:80");
  });

  it("a web server that does not speak gRPC", async () => {
    const web = createHttpServer((_, response) => response.end("<html>Hello</html>"));
    const error = await failure(client(await listen(web)).probe());
    assert.equal(error.reason, "notGrpc");
  });

  it("a server that accepts and says nothing: the deadline", async () => {
    const endpoint = await listen(createServer());
    const started = performance.now();
    const error = await failure(client(endpoint).probe({ timeoutMs: 200 }));
    assert.equal(error.reason, "deadline");
    assert.equal(error.code, "DEADLINE_EXCEEDED");
    assert.ok(performance.now() - started >= 195, "it ended before its time");
    assert.ok(performance.now() - started < 2_000, "it took far longer than it may");
  });

  it("a signal cancels the call under way", async () => {
    const silent = createServer();
    const arrived = once(silent, "connection");
    const endpoint = await listen(silent);
    const controller = new AbortController();
    const call = failure(client(endpoint).listExecutions(SCOPE, {}, PAGE, { signal: controller.signal }));
    await arrived;
    const cancelled = performance.now();
    controller.abort();
    const error = await call;
    assert.equal(error.reason, "cancelled");
    assert.equal(error.code, "CANCELLED");
    assert.ok(performance.now() - cancelled < 250, "cancelling took long");
  });

  it("a call whose signal is aborted already touches nothing", async () => {
    const server = createServer();
    let connections = 0;
    server.on("connection", () => connections++);
    const endpoint = await listen(server);
    const error = await failure(client(endpoint).probe({ signal: AbortSignal.abort() }));
    assert.equal(error.reason, "cancelled");
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(connections, 0);
  });

  it("one signal serves many calls, and leaves nothing on it", async () => {
    const endpoint = await listen(createServer());
    const controller = new AbortController();
    const { signal } = controller;
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    const silent = client(endpoint);
    const calls = Array.from({ length: 10 }, () => failure(silent.probe({ signal })));
    assert.equal(listeners, 10);
    controller.abort();
    for (const error of await Promise.all(calls)) {
      assert.equal(error.reason, "cancelled");
    }
    assert.equal(listeners, 0);
  });

  it("closing cancels what is under way, and later calls", async () => {
    const silent = createServer();
    const arrived = once(silent, "connection");
    const closed = client(await listen(silent));
    const call = failure(closed.probe());
    await arrived;
    closed.close();
    assert.equal((await call).reason, "cancelled");
    assert.equal((await failure(closed.probe())).reason, "cancelled");
    closed.close();
  });

  describe("of a server", () => {
    let local: Local;
    before(async () => {
      local = await startLocal();
    });
    after(() => local.close());

    it("an execution that does not exist", async () => {
      const error = await failure(local.client.getExecution({ ...SCOPE, name: "none" }));
      assert.equal(error.reason, "status");
      assert.equal(error.code, "NOT_FOUND");
      assert.match(error.message, /missing entity of type execution/);
      assert.match(error.action, /none/);
      assert.equal(error.endpoint, local.server.endpoint);
    });

    it("a page of no rows", async () => {
      const error = await failure(local.client.listExecutions(SCOPE, {}, { limit: 0 }));
      assert.equal(error.code, "INVALID_ARGUMENT");
      assert.match(error.message, /limit/);
    });

    it("a page token that is none", async () => {
      const error = await failure(local.client.listExecutions(SCOPE, {}, { limit: 10, token: "x" }));
      assert.equal(error.code, "INVALID_ARGUMENT");
      assert.match(error.message, /token/);
    });

    it("TLS to its plain-text port", async () => {
      const error = await failure(client(local.server.endpoint, false).probe());
      assert.equal(error.reason, "plainTextPort");
    });
  });
});
