"use strict";
// Everything typed stays in memory: what GraphiQL would keep in localStorage may be about people.
const kept = new Map();
const storage = {
  get length() {
    return kept.size;
  },
  getItem: (name) => kept.get(name) ?? null,
  setItem: (name, value) => kept.set(name, value),
  removeItem: (name) => kept.delete(name),
  clear: () => kept.clear(),
};

const login = document.getElementById("login");
const token = document.getElementById("token");
login.addEventListener("submit", (event) => event.preventDefault());

function fetcher(query, options) {
  const given = token.value.trim().replace(/^Bearer\s+/i, "");
  const headers = { ...(given ? { Authorization: `Bearer ${given}` } : {}), ...(options?.headers ?? {}) };
  const address = new URL("graphql", document.baseURI);
  const socket = new URL(address);
  socket.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return GraphiQL.createFetcher({
    url: address.href,
    subscriptionUrl: socket.href,
    wsConnectionParams: headers,
    headers,
  })(query, options);
}

const page = () =>
  React.createElement(GraphiQL, {
    fetcher,
    storage,
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
    defaultQuery: "query Me {\n  __typename\n}\n",
  });
const root = ReactDOM.createRoot(document.getElementById("graphiql"));
root.render(page());

// The schema may need a login: ask for it again once there is a token.
token.addEventListener("change", () => {
  root.render(null);
  setTimeout(() => root.render(page()));
});
