/* A tiny web server on loopback that misbehaves as its paths say, on threads of its own.
 *
 *     struct web_stub *stub = web_stub_new(NULL);
 *     url = "http://127.0.0.1:<web_stub_port(stub)>/hello"
 *     web_stub_free(stub);
 *
 * /hello      200, the headers that the client knows, "hello"
 * /echo       200, the request as it came
 * /empty      204
 * /redirect   302 to /hello
 * /gate       200, but only when three requests stand at the gate together
 * /silent     reads, and never answers
 * /drip       200, the head and half of a body, then nothing
 * /half       200, half of a body, then a close
 * /endless    200, a chunked body without an end
 * /long       200, a body of 1,000,000 bytes with its length
 * /head       a head without an end
 * /reset      a reset instead of an answer
 * /garbage    what is no HTTP
 *
 * Nothing in it waits for time: a connection ends when its peer closes it or the stub is freed. */
#ifndef TESTS_UNIT_COMMON_NET_WEB_STUB_H
#define TESTS_UNIT_COMMON_NET_WEB_STUB_H

enum { WEB_STUB_GATE = 3 };

struct web_stub;

/* tls_directory: speaks TLS with a new self-signed certificate for 127.0.0.1, which it writes there
 * as certificate.pem; NULL: plain. */
struct web_stub *web_stub_new(const char *tls_directory);
void web_stub_free(struct web_stub *stub);
/* Answers a further path with 200, application/json and this text; NULL: with 404, as all others.
 * Both texts are borrowed until the stub is freed. */
void web_stub_serve(struct web_stub *stub, const char *path, const char *json);
int web_stub_port(const struct web_stub *stub);
int web_stub_connections(struct web_stub *stub); /* accepted so far */
int web_stub_requests(struct web_stub *stub);    /* read so far */

#endif
