// The same tables over GraphQL by PostGraphile, held by the same row-level security. Who asks is told by name and not
// proven: what it costs to check a token is left to us. Environment: DATABASE_URL, PORT, and CONTEXTS: as JSON, for each
// name the settings that the policies read, set in every transaction.
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const { DATABASE_URL, PORT, CONTEXTS } = process.env;
const contexts = JSON.parse(CONTEXTS);
const named = (asked) => contexts[asked.node?.req.headers.authorization?.slice("Bearer ".length)];
const serving = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ connectionString: DATABASE_URL, schemas: ["public"], poolConfig: { max: 8 } })],
  grafast: { context: (asked) => ({ pgSettings: named(asked) }) },
  grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false },
}).createServ(grafserv);
const server = createServer();
await serving.addTo(server);
server.listen(Number(PORT), "127.0.0.1");
