"""An MCP server that only people on its access list can use.

mcp-oauth signs them in; this server checks each token against the published key set, and never sees a
password or talks to GitHub. It needs PyJWT and cryptography (Debian: python3-jwt, python3-cryptography).

    ISSUER    the base URL of mcp-oauth                              http://localhost:8787
    RESOURCE  this server's own URL, as the servers file has it      http://localhost:3001/mcp
"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import jwt

ISSUER = os.environ.get("ISSUER", "http://localhost:8787")
RESOURCE = os.environ.get("RESOURCE", "http://localhost:3001/mcp")
ORIGIN = "{0.scheme}://{0.netloc}".format(urlsplit(RESOURCE))
METADATA_PATH = "/.well-known/oauth-protected-resource" + urlsplit(RESOURCE).path

# Kept for as long as the key set's Cache-Control says (300 seconds); an unknown kid fetches it anew.
KEYS = jwt.PyJWKClient(ISSUER + "/.well-known/jwks.json", lifespan=300)


class TokenRefused(Exception):
    """The token is not good here: 401 (RFC 6750 3.1)."""


def verify_token(token):
    """The claims of a token that is good for this server; TokenRefused else."""
    try:
        if jwt.get_unverified_header(token).get("typ") != "at+jwt":  # RFC 9068 4: no ID token passes
            raise TokenRefused("not an access token")
        key = KEYS.get_signing_key_from_jwt(token).key
        return jwt.decode(
            token,
            key,
            algorithms=["RS256", "ES256", "EdDSA"],
            issuer=ISSUER,
            audience=RESOURCE,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
    except jwt.PyJWTError as error:
        raise TokenRefused(str(error)) from error


def answer(call, claims):
    """The result of one JSON-RPC request of MCP."""
    method = call.get("method")
    if method == "initialize":
        return {
            "protocolVersion": call["params"]["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "python-example", "version": "1.0.0"},
        }
    if method == "ping":
        return {}
    if method == "tools/list":
        return {
            "tools": [
                {
                    "name": "whoami",
                    "description": "Names the person behind the token",
                    "inputSchema": {"type": "object"},
                }
            ]
        }
    if method == "tools/call" and call["params"]["name"] == "whoami":
        return {"content": [{"type": "text", "text": claims["preferred_username"]}]}
    return None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def send(self, status, body=None, **headers):
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if body is not None:
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def challenge(self, error=None):
        value = 'Bearer resource_metadata="%s%s"' % (ORIGIN, METADATA_PATH)
        if error is not None:
            value += ', error="invalid_token"'
        self.send(401, {"error": "invalid_token" if error else "unauthorized"}, WWW_Authenticate=value)

    def do_GET(self):
        if self.path == METADATA_PATH:  # RFC 9728: who signs people in here
            self.send(
                200,
                {
                    "resource": RESOURCE,
                    "authorization_servers": [ISSUER],
                    "bearer_methods_supported": ["header"],
                },
            )
        elif self.path == urlsplit(RESOURCE).path:
            self.send(405, {"error": "this server offers no stream"}, Allow="POST")
        else:
            self.send(404, {"error": "not found"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != urlsplit(RESOURCE).path:
            self.send(404, {"error": "not found"})
            return
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            self.challenge()
            return
        try:
            claims = verify_token(token.strip())
            call = json.loads(body)
        except TokenRefused as refusal:
            self.challenge(str(refusal))
            return
        except json.JSONDecodeError:
            self.send(400, {"error": "the body is not JSON"})
            return
        if "id" not in call:  # a notification has no answer
            self.send(202)
            return
        result = answer(call, claims)
        reply = {"jsonrpc": "2.0", "id": call["id"]}
        if result is None:
            reply["error"] = {"code": -32601, "message": "Method not found"}
        else:
            reply["result"] = result
        self.send(200, reply)


if __name__ == "__main__":
    address = urlsplit(RESOURCE)
    server = ThreadingHTTPServer((address.hostname, address.port or 443), Handler)
    print("listening at " + RESOURCE, flush=True)
    server.serve_forever()
