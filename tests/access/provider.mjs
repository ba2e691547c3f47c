// An OpenID Connect provider for tests: node provider.mjs LIBRARY REDIRECT_URL ACCOUNTS
// It prints its port. Each account is a name with its claims; any password is right.
import { createServer } from "node:http";

const [, , library, redirectUrl, accounts] = process.argv;
const { default: Provider } = await import(library);
const known = JSON.parse(accounts);

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address();
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [{ client_id: "newsletter", client_secret: "a secret/with+signs", redirect_uris: [redirectUrl] }],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "groups"] },
    cookies: { keys: ["only for tests"] },
    pkce: { required: () => true },
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
    findAccount: (context, id) => known[id] && { accountId: id, claims: () => ({ sub: id, ...known[id] }) },
  });
  server.on("request", provider.callback());
  console.log(port);
});
