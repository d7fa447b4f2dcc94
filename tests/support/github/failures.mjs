// How an endpoint can fail: a table. Each row answers the request (or never does) in the way GitHub,
// or the network before it, does on a bad day. "slow" and "denied" are for the endpoint itself to finish;
// what hangs ends with {release: true}, by a 502 of what stands before GitHub.

const docs = "https://docs.github.com/rest";
const unicorn = "<!DOCTYPE html>\n<html><head><title>Unicorn! &middot; GitHub</title></head>" +
  "<body><p><strong>Looks like something went wrong!</strong></p></body></html>\n";

function send(response, status, type, body, headers = {}) {
  response.writeHead(status, { "Content-Type": type, "Content-Length": Buffer.byteLength(body), ...headers });
  response.end(body);
}

const json = (response, status, body, headers) =>
  send(response, status, "application/json; charset=utf-8", JSON.stringify(body), headers);

export const single_sign_on_message = "Resource protected by organization SAML enforcement. You must grant your OAuth token access to this organization.";
export const single_sign_on_headers = (web, org) => ({ "X-GitHub-SSO": `required; url=${web}/orgs/${org}/sso?authorization_request=AZSCKtL4U8yX1H3sCQ` });

export const failures = {
  none: null,
  slow: null,
  denied: null,
  hang: (response, { hanging }) => { hanging.add(response); response.once("close", () => hanging.delete(response)); },
  reset: (response) => response.socket.resetAndDestroy(),
  500: (response) => send(response, 500, "text/html; charset=utf-8", unicorn),
  502: (response) => send(response, 502, "text/html; charset=utf-8", unicorn),
  rate_limited: (response, { now_s }) => json(response, 403,
    { message: "API rate limit exceeded for user ID 583231.", documentation_url: `${docs}/overview/rate-limits-for-the-rest-api`, status: "403" },
    { "X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "0", "X-RateLimit-Used": "5000",
      "X-RateLimit-Reset": String(now_s + 1800), "X-RateLimit-Resource": "core" }),
  secondary_rate_limit: (response) => json(response, 403,
    { message: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
      documentation_url: `${docs}/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits`, status: "403" },
    { "Retry-After": "60" }),
  too_many_requests: (response) => json(response, 429,
    { message: "Too many requests.", documentation_url: `${docs}/overview/rate-limits-for-the-rest-api`, status: "429" }, { "Retry-After": "37" }),
  single_sign_on: (response, { web }) => json(response, 403,
    { message: single_sign_on_message, documentation_url: `${docs}/articles/authenticating-to-a-github-organization-with-saml-single-sign-on/`, status: "403" },
    single_sign_on_headers(web, "sso-org")),
  wrong_json: (response) => send(response, 200, "application/json; charset=utf-8", '{"login": "octo'),
  wrong_types: (response) => json(response, 200, { login: 42, id: "five", email: { a: 1 }, access_token: [], token_type: null }),
  not_json: (response) => send(response, 200, "text/html; charset=utf-8", unicorn),
  // The connection ends in the middle of an answer whose length was told.
  cut: (response) => {
    response.writeHead(200, { "Content-Type": "application/json; charset=utf-8", "Content-Length": 4096 });
    response.write('{"login": "octocat", "id": 583231, "', () => response.socket.destroy());
  },
  // More than any honest answer holds, without a length in front: a client must stop reading by itself.
  huge: (response) => {
    response.writeHead(200, { "Content-Type": "application/json; charset=utf-8" });
    response.write('{"login": "');
    const block = "a".repeat(65536);
    let left = 1024;
    const more = () => {
      while (left-- > 0) if (!response.write(block)) return response.once("drain", more);
      response.end('"}');
    };
    more();
  },
};
