// Asks a SCIM server what a test tells it to, by programs that others wrote:
//
//   npm ci && node client.mjs
//
// It reads one JSON object a line from standard input and writes one for each to standard
// output. Users and groups are asked for by the client of Databricks' SDK, which keeps them
// by SCIM. It sends PATCH without a body, and asks for no description of the server: these
// go by fetch, a patch as SCIMMY writes it. What the server answers is read by SCIMMY, which
// throws at what RFC 7643 and 7644 do not know. Nothing is expected here; the test does that.

import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import SCIMMY from "scimmy";

const sdk = createRequire(import.meta.url)("@databricks/sdk-experimental");
const { User, Group, EnterpriseUser, ServiceProviderConfig } = SCIMMY.Schemas;
const { PatchOp, ListResponse, ErrorResponse } = SCIMMY.Messages;
User.definition.extend(EnterpriseUser.definition);

// read is what SCIMMY makes of a resource, beside it as it came.
function read(schema, x) {
  return { came: x, read: new schema(x, "out") };
}

function list(schema, x) {
  if (!x.schemas?.includes(ListResponse.id)) throw new TypeError(`a list with the schemas ${x.schemas}`);
  for (const r of x.Resources ?? []) read(schema, r);
  return { came: x, read: new ListResponse(x) };
}

// failed is what the server said of a failure, if it is one that RFC 7644, 3.12 knows.
function failed(status, body) {
  if (!body?.schemas?.includes(ErrorResponse.id) || body.status !== String(status)) throw new TypeError(`a failure without its schema or status: ${JSON.stringify(body)}`);
  const { scimType, detail } = new ErrorResponse({ status: body.status, scimType: body.scimType, detail: body.detail });
  return { status, code: scimType ?? "", error: detail ?? "" };
}

async function send(a, method, path, body) {
  const res = await fetch(a.at + "/scim/v2/" + path, {
    method, headers: { authorization: "Bearer " + a.key, accept: "application/scim+json", ...(body && { "content-type": "application/scim+json" }) },
    body: body && JSON.stringify(body),
  });
  const text = await res.text();
  const got = text ? JSON.parse(text) : undefined;
  return res.ok ? { value: got } : failed(res.status, got);
}

async function answer(a) {
  // The SDK has a prefix of its own before the paths of SCIM, which the test takes away.
  const api = new sdk.ApiClient(new sdk.Config({ host: a.at, token: a.key, authType: "pat", loaders: [] }));
  const users = new sdk.iam.UsersV2Service(api), groups = new sdk.iam.GroupsV2Service(api);
  const { do: what, id, body = {}, query = {} } = a;
  switch (what) {
    case "config": {
      const x = await send(a, "GET", "ServiceProviderConfig");
      return x.value ? { value: read(ServiceProviderConfig, x.value) } : x;
    }
    case "create": return { value: read(User, await users.create(body)) };
    case "get": return { value: read(User, await users.get({ id })) };
    case "list": return { value: list(User, await users._list(query)) }; // one page: list() asks for the first again and again
    case "replace": return { value: read(User, await users.update({ id, ...body })) };
    case "patch": return send(a, "PATCH", "Users/" + id, new PatchOp(body));
    case "delete": return { value: await users.delete({ id }) };
    case "create group": return { value: read(Group, await groups.create(body)) };
    case "get group": return { value: read(Group, await groups.get({ id })) };
    case "list groups": return { value: list(Group, await groups._list(query)) };
    case "replace group": return { value: read(Group, await groups.update({ id, ...body })) };
    case "patch group": return send(a, "PATCH", "Groups/" + id, new PatchOp(body));
    case "delete group": return { value: await groups.delete({ id }) };
  }
  throw new Error("there is nothing called " + what);
}

for await (const line of createInterface({ input: process.stdin })) {
  const a = JSON.parse(line);
  let said;
  try {
    said = await answer(a);
  } catch (e) {
    try {
      said = e instanceof sdk.ApiError ? failed(e.statusCode, e.response) : { wrong: String(e.stack ?? e) };
    } catch (f) {
      said = { wrong: String(f) };
    }
  }
  console.log(JSON.stringify(said));
}
