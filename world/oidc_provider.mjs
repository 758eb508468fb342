// oidc-provider with the settings of a JSON file. Listens on 127.0.0.1.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, file] = process.argv.slice(2);
const { Provider } = await import(pathToFileURL(createRequire(modules).resolve("oidc-provider")));
const settings = JSON.parse(readFileSync(file, "utf8"));
const now = Date.now;
Date.now = () => now() + settings.clockSeconds * 1000;

const clients = settings.clients.map((id) => ({
  client_id: id,
  client_secret: settings.secret,
  grant_types: ["client_credentials"],
  redirect_uris: [],
  response_types: [],
}));
// The client by which people sign in; its access tokens are for an audience it need not name.
const { staff } = settings;
if (staff) {
  clients.push({
    client_id: staff.id,
    client_secret: settings.secret,
    redirect_uris: [staff.signedIn],
    post_logout_redirect_uris: [staff.signedOut],
  });
}

const provider = new Provider(`http://127.0.0.1:${settings.port}`, {
  clients,
  jwks: { keys: settings.keys },
  scopes: settings.scopes,
  features: {
    devInteractions: { enabled: Boolean(staff) },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: (_context, client, oneOf) =>
        client.clientId === staff?.id ? staff.audience : oneOf,
      useGrantedResource: () => true,
      getResourceServerInfo: (_context, audience) => ({
        audience,
        scope: settings.scopes.join(" "),
        accessTokenFormat: "jwt",
        accessTokenTTL: 3600,
        jwt: { sign: { alg: settings.algorithm } },
      }),
    },
  },
  formats: {
    customizers: {
      jwt: (_context, _token, parts) => {
        const absent = Object.fromEntries(settings.absent.map((name) => [name, undefined]));
        parts.header = { ...parts.header, ...settings.header, ...absent };
      },
    },
  },
});
provider.on("server_error", (_context, error) => console.error(error));
provider.listen(settings.port, "127.0.0.1");
