// Requests that two HTTP parsers in a row could read differently, for tests that none of them is read by the edge, nor what
// stands behind it (RFC 9112 11.2, request smuggling). Some are followed by a body.

export const host_header = "Host: auth.example.com\r\n";

const H = host_header;
const form = "Content-Type: application/x-www-form-urlencoded\r\n";
const post = `POST /token HTTP/1.1\r\n${H}${form}`;
const get = `GET /health HTTP/1.1\r\n${H}`;

export const refused_heads = {
  "two Content-Length (RFC 9112 6.3)": `${post}Content-Length: 3\r\nContent-Length: 3\r\n\r\na=b`,
  "two different Content-Length (RFC 9112 6.3)": `${post}Content-Length: 0\r\nContent-Length: 70\r\n\r\n`,
  "a list of lengths (RFC 9112 6.3)": `${post}Content-Length: 3, 3\r\n\r\na=b`,
  "a signed length (RFC 9110 8.6)": `${post}Content-Length: +3\r\n\r\na=b`,
  "a negative length (RFC 9110 8.6)": `${post}Content-Length: -1\r\n\r\n`,
  "a length in base 16 (RFC 9110 8.6)": `${post}Content-Length: 0x3\r\n\r\na=b`,
  "an empty length (RFC 9110 8.6)": `${post}Content-Length:\r\n\r\n`,
  "a length beyond every number (RFC 9110 8.6)": `${post}Content-Length: 18446744073709551619\r\n\r\na=b`,
  "Content-Length with Transfer-Encoding (RFC 9112 6.1)": `${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  "Transfer-Encoding with Content-Length (RFC 9112 6.1)": `${post}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
  "two Transfer-Encoding": `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  "two different Transfer-Encoding": `${post}Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  "an unknown encoding (RFC 9112 6.1)": `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  "chunked that is not the last encoding (RFC 9112 6.3)": `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
  "an encoding behind a control character (RFC 9110 5.5)": `${post}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`,
  "an encoding behind a space in its name (RFC 9112 5.1)": `${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
  "Transfer-Encoding in HTTP/1.0 (RFC 9112 6.1)": `POST /token HTTP/1.0\r\n${H}${form}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  "obsolete line folding (RFC 9112 5.2)": `${get}X: a\r\n b\r\n\r\n`,
  "a folded length (RFC 9112 5.2)": `${post}Content-Length:\r\n 3\r\n\r\na=b`,
  "no Host (RFC 9112 3.2)": "GET /health HTTP/1.1\r\nX: a\r\n\r\n",
  "two Host (RFC 9112 3.2)": `${get}Host: evil.example\r\n\r\n`,
  "an empty Host": "GET /health HTTP/1.1\r\nHost:\r\n\r\n",
  "a line that ends in a bare LF (RFC 9112 2.2)": `${get}X: a\n\r\n`,
  "a head that ends in a bare LF (RFC 9112 2.2)": `${get}\n`,
  "a bare CR in a header (RFC 9112 2.2)": `${get}X: a\rContent-Length: 70\r\n\r\n`,
  "a NUL in a header (RFC 9110 5.5)": `${get}X: a\0b\r\n\r\n`,
  "a header without a colon (RFC 9112 5)": `${get}Content-Length 70\r\n\r\n`,
  "a header without a name (RFC 9112 5)": `${get}: 70\r\n\r\n`,
  "a space in front of the colon (RFC 9112 5.1)": `${get}X : a\r\n\r\n`,
  "a path without a slash (RFC 9112 3.2.1)": `GET health HTTP/1.1\r\n${H}\r\n`,
  "an absolute target (RFC 9112 3.2.2)": `GET http://auth.example.com/health HTTP/1.1\r\n${H}\r\n`,
  "a tunnel (RFC 9112 3.2.3)": `CONNECT auth.example.com:443 HTTP/1.1\r\n${H}\r\n`,
  "a target with a tab (RFC 9112 3.2)": `GET /health\tx HTTP/1.1\r\n${H}\r\n`,
  "a second version (RFC 9112 3)": `GET /health HTTP/1.1 HTTP/1.1\r\n${H}\r\n`,
  "an unknown version (RFC 9112 2.3)": `GET /health HTTP/1.2\r\n${H}\r\n`,
  "HTTP/2's preface (HTTP/2 stays off)": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
};

// Bodies in chunks that another decoder could end elsewhere (RFC 9112 7.1). Refused, or taken and nothing behind them is read.
const chunked = (body) => `${post}Transfer-Encoding: chunked\r\n\r\n${body}`;
export const doubtful_chunks = {
  "a chunk's size in base 16 with a prefix": chunked("0x3\r\na=b\r\n0\r\n\r\n"),
  "a negative size": chunked("-3\r\na=b\r\n0\r\n\r\n"),
  "a size beyond every number": chunked("ffffffffffffffff3\r\na=b\r\n0\r\n\r\n"),
  "a size with a space in front": chunked(" 3\r\na=b\r\n0\r\n\r\n"),
  "a size that ends in a bare LF": chunked("3\na=b\r\n0\r\n\r\n"),
  "a chunk that ends in something else": chunked("3\r\na=bxx0\r\n\r\n"),
  "an extension": chunked("3;a=\"\r\n\"\r\na=b\r\n0\r\n\r\n"),
  "trailers": chunked("3\r\na=b\r\n0\r\nContent-Length: 70\r\nHost: evil.example\r\n\r\n"),
};
