// The one page of the stand-in: who shall sign in? No script; readable on a phone, light and dark.

const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
export const escape_html = (text) => String(text).replace(/[&<>"']/g, (c) => escapes[c]);

const style = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1f2328;--faint:#59636e;--line:#d1d9e0;--ground:#f6f8fa;--go:#1f883d}
@media(prefers-color-scheme:dark){:root{--paper:#151b23;--ink:#f0f6fc;--faint:#9198a1;--line:#3d444d;--ground:#0d1117;--go:#238636}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;background:var(--ground);color:var(--ink);
font:16px/1.5 system-ui,sans-serif}
main{width:100%;max-width:26rem;background:var(--paper);border:1px solid var(--line);border-radius:12px;padding:1.5rem}
h1{font-size:1.25rem;margin:0 0 .25rem}p{margin:.25rem 0;color:var(--faint)}code{overflow-wrap:anywhere;color:var(--ink)}
.note{font-size:.85rem;border:1px dashed var(--line);border-radius:8px;padding:.5rem .75rem;margin:0 0 1rem}
button{display:flex;align-items:center;gap:.75rem;width:100%;min-height:48px;margin-top:.6rem;padding:.5rem .9rem;
border:1px solid var(--line);border-radius:8px;background:transparent;color:inherit;font:inherit;text-align:left;cursor:pointer}
button:hover,button:focus-visible{border-color:var(--go);outline:2px solid var(--go);outline-offset:1px}
button small{color:var(--faint);margin-left:auto}
.face{flex:none;width:2rem;height:2rem;border-radius:50%;display:grid;place-items:center;background:var(--go);color:#fff;font-weight:600}
.deny{justify-content:center;color:var(--faint);margin-top:1.2rem}`;

const document_of = (title, body) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escape_html(title)}</title><style>${style}</style></head><body><main>${body}</main></body></html>
`;

export function picker_page({ parameters, users, login_hint }) {
  const hidden = Object.entries(parameters)
    .map(([name, value]) => `<input type="hidden" name="${escape_html(name)}" value="${escape_html(value)}">`).join("\n");
  const hinted = (user) => user.login.toLowerCase() === login_hint?.toLowerCase();
  const buttons = [...users].sort((a, b) => hinted(b) - hinted(a)).map((user) =>
    `<button name="user" value="${escape_html(user.login)}"><span class="face" aria-hidden="true">${
      escape_html(user.login[0].toUpperCase())}</span>${escape_html(user.login)}<small>${user.id}</small></button>`);
  const scopes = parameters.scope ? `<p>It asks for <code>${escape_html(parameters.scope)}</code></p>` : "";
  return document_of("Sign in to the GitHub stand-in", `
<p class="note">This is not GitHub but its local stand-in. No password, nothing leaves this machine.</p>
<h1>Who signs in?</h1>
<p>For the app <code>${escape_html(parameters.client_id)}</code></p>${scopes}
<form method="post" action="/login/oauth/authorize">
${hidden}
${buttons.join("\n")}
<button class="deny" name="deny" value="1">Deny</button>
</form>`);
}

export const message_page = (title, text) =>
  document_of(title, `<h1>${escape_html(title)}</h1><p>${escape_html(text)}</p>`);

export const callback_page = (parameters) => document_of("Back at the client", `
<p class="note">This page stands for the MCP client. It received:</p>
${Object.entries(parameters).map(([name, value]) => `<p>${escape_html(name)}<br><code>${escape_html(value)}</code></p>`).join("\n")}`);
