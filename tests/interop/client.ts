// A portal's and a case worker's first requests, in strict TypeScript over the generated types.
import createClient from "openapi-fetch";
import type { paths } from "./api.js";

const [url, token] = process.argv.slice(2) as [string, string];
const portal = createClient<paths>({ baseUrl: url });
const worker = createClient<paths>({ baseUrl: url, headers: { authorization: `Bearer ${token}` } });

const regions = await portal.GET("/v1/regions", { params: { query: { limit: 200 } } });
if (regions.error) throw new Error(regions.error.code);
const names: string[] = regions.data.items.map((region) => region.name);

const cases = await worker.GET("/v1/cases", { params: { query: { limit: 1 } } });
if (cases.error) throw new Error(cases.error.code);
const first = cases.data.items[0];
if (first === undefined) throw new Error("no case");

const goals = await worker.GET("/v1/cases/{case_id}/goals", { params: { path: { case_id: first.id } } });
if (goals.error) throw new Error(goals.error.code);

const stale = await worker.PATCH("/v1/cases/{case_id}", {
  params: { path: { case_id: first.id }, header: { "If-Match": '"999"' } },
  body: { title: "never" },
  headers: { "content-type": "application/merge-patch+json" },
});
const refused: string | undefined = stale.error?.code;

console.log(JSON.stringify({ regions: names.length, title: first.title, goals: goals.data.items.length, refused }));
