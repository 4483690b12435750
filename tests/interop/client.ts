// A portal's, a case worker's and an addressee's first requests, in strict TypeScript over the generated types.
import createClient from "openapi-fetch";
import type { paths } from "./api.js";

const [url, token, phone] = process.argv.slice(2) as [string, string, string];
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

const addressee = createClient<paths>({ baseUrl: url, headers: { authorization: `Bearer ${phone}` } });

const me = await addressee.GET("/v1/me");
if (me.error) throw new Error(me.error.code);
const mine: string[] = me.data.cases.items.map((access) => access.basis);

const steps = await addressee.GET("/v1/me/next-steps");
if (steps.error) throw new Error(steps.error.code);
const next = steps.data.items[0];
if (next === undefined) throw new Error("no next step");

const finished = await addressee.POST("/v1/steps/{step_id}/finish", {
  params: { path: { step_id: next.id } },
  body: { remark: "Geschafft!" },
});
if (finished.error) throw new Error(finished.error.code);
const ticked: string = finished.data.state;

console.log(
  JSON.stringify({ regions: names.length, title: first.title, goals: goals.data.items.length, refused, mine, ticked }),
);
