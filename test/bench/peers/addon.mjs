// The extension's own client: the Rust addon behind src/flyte, as the tree uses it.

export const name = "addon";

export async function load() {
  return import("../../out/bench/addon.mjs");
}

export function open({ connect }, endpoint) {
  const client = connect({ endpoint, insecure: true });
  return {
    page: async (scope, limit, token) => {
      const page = await client.listExecutions(scope, {}, token === undefined ? { limit } : { limit, token });
      return { rows: page.rows, nextToken: page.nextToken };
    },
    close: () => client.close(),
  };
}
