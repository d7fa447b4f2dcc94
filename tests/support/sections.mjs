// Parts of a README that tests write: what stands between <!-- proved: NAME --> and <!-- proved end -->.

const markers = (name) => ({ begin: `<!-- proved: ${name} -->\n`, end: "<!-- proved end -->" });

// undefined without any.
export function section_of(text, name) {
  const { begin, end } = markers(name);
  const from = text.indexOf(begin);
  return from < 0 ? undefined : text.slice(from + begin.length, text.indexOf(end, from));
}

export function with_section(text, name, section) {
  const { begin, end } = markers(name);
  const old = section_of(text, name);
  if (old === undefined) return `${text.trimEnd()}\n\n${begin}${section}${end}\n`;
  return text.replace(`${begin}${old}${end}`, () => `${begin}${section}${end}`);
}

// The names of all sections of a text.
export const sections_of = (text) => [...text.matchAll(/<!-- proved: (\w+) -->/g)].map(([, name]) => name);
