// The whole loop in eight steps, in strict TypeScript over the generated types: `node client.js URL TOKEN…`.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

type Problem = components["schemas"]["Problem"];
type Versioned = { version: number };
type Json = "application/json" | "application/problem+json"; // figures also come as a table, which is not asked for here

const [url = "", ...tokens] = process.argv.slice(2);
const [nobody, herself, worker, manager, staff, provider, software, controller] = [undefined, ...tokens].map((token) =>
  createClient<paths, Json>({ baseUrl: url, ...(token ? { headers: { authorization: `Bearer ${token}` } } : {}) }),
);
if (!nobody || !herself || !worker || !manager || !staff || !provider || !software || !controller) {
  throw new Error("node client.js URL TOKEN…");
}

function told<T>(answer: { data?: T; error?: Problem }): T {
  if (answer.data === undefined) throw new Error(`${answer.error?.code}: ${answer.error?.detail}`);
  return answer.data;
}

function first<T>(page: { items: T[] }): T {
  const [row] = page.items;
  if (row === undefined) throw new Error("nothing is listed");
  return row;
}

const ifMatch = (row: Versioned) => ({ "If-Match": `"${row.version}"` });
const key = () => crypto.randomUUID();

// 1. Where somebody lives
const place = { longitude: 11.617404, latitude: 48.065859 };
const space = first(told(await nobody.POST("/v1/social-spaces/lookup", { body: place })));
const social_space_id = space.social_space_id;
const team = first(told(await nobody.GET("/v1/teams", { params: { query: { social_space_id } } })));

// 2. What she wants, in her words
const opened = await worker.POST("/v1/cases", { body: { social_space_id, title: "Ruhe am Abend" } });
const in_case = { path: { case_id: told(opened).id } };
const person = told(
  await worker.POST("/v1/cases/{case_id}/participants", {
    params: in_case,
    body: { kind: "addressee", name: "Ria Beispielweg", born_on: "1990-05-17" },
  }),
);
const issued = await worker.POST("/v1/participants/{participant_id}/enrolment-codes", {
  params: { path: { participant_id: person.id } },
});
const enrolled = told(await herself.POST("/v1/enrolments", { body: { code: told(issued).code } }));
const question = first(told(await herself.GET("/v1/cases/{case_id}/questions", { params: in_case })));
const answer = told(
  await herself.POST("/v1/questions/{question_id}/answers", {
    params: { path: { question_id: question.id } },
    body: { words: "Ich will wieder ruhig schlafen." },
  }),
);

// 3. A goal and a step
const goal = told(
  await worker.POST("/v1/cases/{case_id}/goals", {
    params: in_case,
    body: { participant_id: person.id, statement: "Ich schlafe durch." },
  }),
);
const of_goal = { goal_id: goal.id };
const stale = await herself.POST("/v1/goals/{goal_id}/agree", {
  params: { path: of_goal, header: { "If-Match": '"999"' } },
});
const agreed = told(
  await herself.POST("/v1/goals/{goal_id}/agree", { params: { path: of_goal, header: ifMatch(goal) } }),
);
const step = told(
  await herself.POST("/v1/goals/{goal_id}/steps", {
    params: { path: of_goal },
    body: {
      wanted_by_id: person.id,
      done_by_id: person.id,
      with_whom: "mit Oma",
      how: "Um neun das Licht aus",
      due_on: "2027-10-03",
      with_what: "eine Eieruhr",
    },
  }),
);

// 4. On her phone
const next = first(told(await herself.GET("/v1/me/next-steps")));
const finished = told(
  await herself.POST("/v1/steps/{step_id}/finish", {
    params: { path: { step_id: next.id } },
    body: { remark: "Geschafft!" },
  }),
);

// 5. What is granted is bound
const lichtung = first(told(await staff.GET("/v1/me")).memberships).organisation_id;
const agreements = await controller.GET("/v1/budget-agreements", {
  params: { query: { state: "active", sort: "-fiscal_year", limit: 1 } },
});
const fiscal_year = first(told(agreements)).fiscal_year;
const figures = async () =>
  first(
    told(
      await controller.GET("/v1/budget-figures", {
        params: { query: { level: "social_space", line: "case_specific", fiscal_year, social_space_id } },
      }),
    ),
  );
const before = await figures();
const arrangement = told(
  await worker.POST("/v1/cases/{case_id}/arrangements", { params: in_case, body: { title: "Ruhige Nächte" } }),
);
const element = told(
  await worker.POST("/v1/arrangements/{arrangement_id}/elements", {
    params: { path: { arrangement_id: arrangement.id } },
    body: {
      participant_id: person.id,
      kind: "specialist",
      what: "Abends zu zweit",
      organisation_id: lichtung,
      support_kind: "parenting_assistant",
      starts_on: `${fiscal_year}-01-01`,
      ends_on: `${fiscal_year}-06-30`,
      hours_per_week: "2.00",
      cost: "1200.00",
    },
  }),
);
const of_element = { element_id: element.id };
const applied = told(
  await herself.POST("/v1/elements/{element_id}/apply", {
    params: { path: of_element, header: { ...ifMatch(element), "Idempotency-Key": key() } },
    body: { claim_holder_id: person.id },
  }),
);
const decision = told(
  await worker.POST("/v1/elements/{element_id}/decisions", {
    params: { path: of_element, header: ifMatch(applied) },
    body: {
      outcome: "granted",
      amount: "1200.00",
      legal_basis: "§§ 27, 30 SGB VIII",
      wish_and_choice: "Ihr Wunsch",
      override: "addressee_wish",
      override_because: "Sie will nicht länger warten.",
    },
  }),
);
const bound = Math.round(100 * (Number((await figures()).committed) - Number(before.committed))) / 100; // to the cent

// 6. The provider
const assignment = told(
  await worker.POST("/v1/cases/{case_id}/assignments", {
    params: in_case,
    body: {
      organisation_id: lichtung,
      task: "Begleitung am Abend",
      parts: ["goals"],
      purpose: "Begleitung",
      legal_basis: "§ 64 Abs. 2 SGB VIII",
    },
  }),
);
const of_assignment = { assignment_id: assignment.id };
const named = told(
  await staff.POST("/v1/assignments/{assignment_id}/name-worker", {
    params: { path: of_assignment, header: ifMatch(assignment) },
    body: { actor_id: told(await provider.GET("/v1/me")).id },
  }),
);
const transmitted = told(await provider.GET("/v1/goals/{goal_id}", { params: { path: of_goal } }));
const hidden = await provider.GET("/v1/questions/{question_id}", { params: { path: { question_id: question.id } } });
const progress = told(
  await provider.POST("/v1/assignments/{assignment_id}/progress", {
    params: { path: of_assignment },
    body: { words: "Es geht voran." },
  }),
);
let delivered: string[] = [];
for (let turn = 0; turn < 100 && !delivered.includes(goal.id); turn++) {
  await new Promise((done) => setTimeout(done, 100));
  const mailbox = await software.GET("/v1/deliveries", { params: { query: { ...of_assignment, limit: 200 } } });
  delivered = told(mailbox).items.flatMap((each) => each.subject_id ?? []);
}

// 7. The dialogue of the place
const series = told(
  await manager.POST("/v1/social-space-dialogues", { body: { social_space_id, title: "Nachtgespräche" } }),
);
const of_series = { path: { dialogue_series_id: series.id } };
const planned = told(
  await manager.POST("/v1/series-of-dialogues/{dialogue_series_id}/dialogues", {
    params: of_series,
    body: {
      title: "Ruhe",
      venue: "Rathaus",
      starts_at: "2026-03-02T18:30:00+01:00",
      ends_at: "2026-03-02T20:30:00+01:00",
    },
  }),
);
const of_dialogue = { dialogue_id: planned.id };
const agency = told(
  await manager.POST("/v1/dialogues/{dialogue_id}/participants", {
    params: { path: of_dialogue },
    body: { kind: "agency" },
  }),
);
const theme = told(
  await herself.POST("/v1/series-of-dialogues/{dialogue_series_id}/themes", {
    params: of_series,
    body: { title: "Laute Nächte", concerns: "An der Bahn schläft niemand." },
  }),
);
const of_theme = { theme_id: theme.id };
const collected = told(
  await manager.POST("/v1/themes/{theme_id}/collect", {
    params: { path: of_theme, header: ifMatch(theme) },
    body: of_dialogue,
  }),
);
await manager.POST("/v1/themes/{theme_id}/steps", {
  params: { path: of_theme },
  body: { what: "Bei der Bahn fragen", owner_id: agency.id, due_on: "2027-05-01" },
}).then(told);
const invited = told(
  await manager.POST("/v1/dialogues/{dialogue_id}/invite", {
    params: { path: of_dialogue, header: ifMatch(planned) },
  }),
);
const held = told(
  await manager.POST("/v1/dialogues/{dialogue_id}/hold", {
    params: { path: of_dialogue, header: ifMatch(invited) },
    body: { attended: [agency.id] },
  }),
);
const drafted = told(
  await manager.POST("/v1/dialogues/{dialogue_id}/draft-minutes", {
    params: { path: of_dialogue, header: ifMatch(held) },
    body: { minutes: "Es ging um die Nächte." },
  }),
);
const released = told(
  await manager.POST("/v1/dialogues/{dialogue_id}/release-minutes", {
    params: { path: of_dialogue, header: ifMatch(drafted) },
    body: { themes: [theme.id] },
  }),
);
const minutes = told(
  await nobody.GET("/v1/minutes-releases/{minutes_release_id}", {
    params: { path: { minutes_release_id: released.id } },
  }),
);

// 8. The figures
const figure = first(
  told(
    await nobody.GET("/v1/released-figures", {
      params: { query: { level: "social_space", line: "cross_case", limit: 1 } },
    }),
  ),
);

console.log(
  JSON.stringify({
    "1 place": [space.name, team.social_space_id === social_space_id],
    "2 words": [enrolled.basis, answer.words],
    "3 goal": [stale.error?.code, agreed.state, step.how],
    "4 phone": [next.id === step.id, finished.state, finished.remark],
    "5 bound": [decision.outcome, decision.amount, bound],
    "6 provider": [named.in_force, transmitted.statement, hidden.error?.code, progress.words, delivered.includes(goal.id)],
    "7 dialogue": [collected.state, minutes.minutes, minutes.attendance["agency"]],
    "8 figures": figure.line,
  }),
);
