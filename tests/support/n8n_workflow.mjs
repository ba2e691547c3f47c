// Serve an exported n8n workflow: `node n8n_workflow.mjs WORKFLOW PORT`, with the credential in
// TOKEN. It knows the kinds of node that the example has, and refuses all others.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";

const [file, port] = process.argv.slice(2);
const workflow = JSON.parse(readFileSync(file, "utf-8"));
const nodeNamed = (name) => workflow.nodes.find((node) => node.name === name);

function valueOf(text, $json) {
  if (typeof text !== "string" || !text.startsWith("=")) return text;
  const read = (expression) => new Function("$json", `return (${expression});`)($json);
  const whole = /^=\{\{(.*)\}\}$/s.exec(text);
  if (whole && !whole[1].includes("{{")) return read(whole[1]);
  return text.slice(1).replace(/\{\{(.*?)\}\}/gs, (_, expression) => String(read(expression)));
}

function holds({ conditions, combinator }, $json) {
  if (conditions.length !== 1 || combinator !== "and") throw new Error("unknown conditions");
  const [{ leftValue, rightValue, operator }] = conditions;
  const left = valueOf(leftValue, $json);
  if (operator.type === "boolean" && operator.operation === "true") return left === true;
  if (operator.operation === "equals") return left === valueOf(rightValue, $json);
  throw new Error(`unknown operator ${operator.operation}`);
}

async function call({ method, url, headerParameters, jsonBody, genericAuthType }, $json) {
  if (genericAuthType !== "httpBearerAuth") throw new Error("unknown credential");
  const own = headerParameters.parameters.map(({ name, value }) => [name, valueOf(value, $json)]);
  const response = await fetch(valueOf(url, $json), {
    method,
    headers: {
      ...Object.fromEntries(own),
      Authorization: `Bearer ${process.env.TOKEN}`,
      "Content-Type": "application/json",
    },
    body: valueOf(jsonBody, $json),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return { json: await response.json() };
}

// Returns the item behind the node and the output that it leaves by, or the status to respond with.
async function run({ type, parameters }, item) {
  switch (type) {
    case "n8n-nodes-base.code": {
      const body = new Function("$input", "require", parameters.jsCode);
      return { item: body({ first: () => item }, createRequire(import.meta.url))[0], output: 0 };
    }
    case "n8n-nodes-base.if":
      return { item, output: holds(parameters.conditions, item.json) ? 0 : 1 };
    case "n8n-nodes-base.httpRequest":
      return { item: await call(parameters, item.json), output: 0 };
    case "n8n-nodes-base.respondToWebhook":
      return { status: parameters.options.responseCode };
    default:
      throw new Error(`unknown kind of node ${type}`);
  }
}

async function respondTo(item, hook) {
  let name = hook.name;
  for (let output = 0, result; ; output = result.output, item = result.item) {
    [{ node: name }] = workflow.connections[name].main[output];
    result = await run(nodeNamed(name), item);
    if (result.status) return result.status;
  }
}

createServer(async (request, response) => {
  const hook = workflow.nodes.find(({ type }) => type === "n8n-nodes-base.webhook");
  const { httpMethod, path, options, responseMode } = hook.parameters;
  if (!options.rawBody || responseMode !== "responseNode") throw new Error("unknown webhook");
  const parts = [];
  for await (const part of request) parts.push(part);
  if (request.method !== httpMethod || request.url !== `/webhook/${path}`) {
    response.writeHead(404).end();
    return;
  }
  const data = Buffer.concat(parts).toString("base64");
  const item = { json: { headers: request.headers }, binary: { data: { data } } };
  const status = await respondTo(item, hook).catch((error) => {
    console.error(error);
    return 500;
  });
  response.writeHead(status).end();
}).listen(Number(port), "127.0.0.1", () => console.log("ready"));
