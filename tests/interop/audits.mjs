// The audits of the GraphQL-over-HTTP draft, against a running service. Prints one JSON line per audit.
import { auditServer } from "graphql-http";

const url = process.argv[2];
for (const result of await auditServer({ url: `${url}/graphql`, fetchFn: fetch })) {
  console.log(JSON.stringify({ id: result.id, name: result.name, status: result.status, reason: result.reason }));
  if (result.response?.body) await result.response.body.cancel().catch(() => {});
}
process.exit(0);
