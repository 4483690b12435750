// The list of cases over REST by Platformatic's mapper, held by the same row-level security: it knows no settings of a
// transaction, so whose they are is set for each connection as a whole. Environment: DATABASE_URL, OWNER_URL (only the
// owner is told of keys), PORT, and CONTEXT: as JSON, the settings that the policies read.
import mapper from "@platformatic/sql-mapper";
import openapi from "@platformatic/sql-openapi";
import fastify from "fastify";

const { DATABASE_URL, OWNER_URL, PORT, CONTEXT } = process.env;
const encoded = (address) => address.replace(/host=([^&]*)/, (_, folder) => `host=${encodeURIComponent(folder)}`);
const asked = { include: { case_file: true }, poolSize: 8, limit: { max: 200 } };
const app = fastify();

const { db, dbschema } = await mapper.connect({ ...asked, connectionString: encoded(OWNER_URL), log: app.log });
await db.dispose();
for (const table of dbschema) {
  table.constraints = table.constraints.filter((each) => each.constraint_type === "PRIMARY KEY");
}

const settings = Object.entries(JSON.parse(CONTEXT)).map(([name, value]) => `-c ${name}=${value}`);
process.env.PGOPTIONS = settings.join(" ");
await app.register(mapper.plugin, { ...asked, dbschema, connectionString: encoded(DATABASE_URL) });
await app.register(openapi);
await app.listen({ port: Number(PORT), host: "127.0.0.1" });
