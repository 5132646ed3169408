// Asks the official Cedar engine what Caseward's own asks cedar-go:
//
//   cd tools/cedar && npm ci && npm run check
//
// The policies are validated against the schema in strict mode, where a warning
// counts as an error; then every golden case of internal/policy/testdata/cases
// and 20,000 random questions are answered, and decision and deciding rules must
// be the same. Exit code 0 only if all is well. Needs node and go.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as cedar from "@cedar-policy/cedar-wasm/nodejs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const policies = join(root, "internal", "policy", "policies");
let wrong = 0;

function complain(what) {
  wrong++;
  if (wrong <= 50) console.error(what);
}

function must(answer, what) {
  if (answer.type === "success") return answer;
  console.error(`${what}: ${answer.errors.map((e) => e.message).join("; ")}`);
  process.exit(1);
}

// The policies, by the id that each says it has.
const schema = readFileSync(join(policies, "schema.cedarschema"), "utf8");
const byID = {};
for (const name of readdirSync(policies).filter((n) => n.endsWith(".cedar")).sort()) {
  const parts = must(cedar.policySetTextToParts(readFileSync(join(policies, name), "utf8")), name);
  for (const text of parts.policies) {
    const id = must(cedar.policyToJson(text), name).json.annotations?.id;
    if (!id || byID[id]) complain(`${name}: no id, or one twice: ${id}`);
    byID[id] = text;
  }
}
const set = { staticPolicies: byID };

// Valid in the strictest sense the official validator knows.
const valid = must(cedar.validate({ schema, policies: set, validationSettings: { mode: "strict" } }), "validate");
for (const e of [...valid.validationErrors, ...valid.validationWarnings]) complain(`${e.policyId}: ${e.error.message}`);
for (const e of valid.otherWarnings) complain(e.message);

// The same answers.
const dir = mkdtempSync(join(tmpdir(), "caseward-cedar-"));
let questions;
try {
  const file = join(dir, "questions.jsonl");
  execFileSync(
    "go",
    ["test", "./internal/policy", "-count=1", "-run", "^TestQuestionsForAnotherEngine$", "-args", "-questions", file],
    { cwd: root, stdio: ["ignore", "ignore", "inherit"] },
  );
  questions = readFileSync(file, "utf8").trimEnd().split("\n").map((l) => JSON.parse(l));
} finally {
  rmSync(dir, { recursive: true });
}
must(cedar.preparsePolicySet("caseward", set), "policies");
must(cedar.preparseSchema("caseward", schema), "schema");
let golden = 0;
for (const q of questions) {
  if (q.place !== "random") golden++;
  const answer = cedar.statefulIsAuthorized({
    principal: q.principal,
    action: q.action,
    resource: q.resource,
    context: q.context,
    preparsedSchemaName: "caseward",
    validateRequest: true,
    preparsedPolicySetId: "caseward",
    entities: [],
  });
  const asked = `${q.place}: ${q.principal.id} ${q.action.id} ${q.resource.id} ${JSON.stringify(q.context)}`;
  if (answer.type !== "success") {
    complain(`${asked}: ${answer.errors.map((e) => e.message).join("; ")}`);
    continue;
  }
  const { decision, diagnostics } = answer.response;
  const rules = diagnostics.reason.slice().sort();
  if (diagnostics.errors.length > 0) complain(`${asked}: ${JSON.stringify(diagnostics.errors)}`);
  if ((decision === "allow") !== q.allowed || JSON.stringify(rules) !== JSON.stringify(q.rules)) {
    complain(`${asked}: the official engine says ${decision} by ${rules}, ours ${q.allowed ? "allow" : "deny"} by ${q.rules}`);
  }
}

console.log(
  `Cedar ${cedar.getCedarVersion()}: ${Object.keys(byID).length} policies, ${golden} golden and ${questions.length - golden} random questions, ${wrong} wrong`,
);
process.exit(wrong === 0 ? 0 : 1);
