/** What the front end's sources say to people: their phrases, and texts that are not in the catalogue. Read by the tests and by `npm run catalogue`. */

import ts from "typescript";

/** A phrase as the catalogue file holds it: its English, or its English forms by plural category. */
export type English = Record<string, string | { one: string; other: string }>;

export interface Reading {
  phrases: English;
  /** `file:line: text` of each text that people read and that is not in the catalogue. */
  outside: string[];
  /** `file:line: what` of each call whose phrase cannot be extracted. */
  unclear: string[];
}

const TAKES_PHRASE = new Set(["t", "rich"]);
const TAKES_FORMS = new Set(["plural", "richPlural"]);
/** Attributes whose text is on the page; of components any attribute with words in it is one. */
const SHOWN = new Set(["title", "aria-label", "aria-description", "placeholder", "alt", "label"]);
const NOT_SHOWN = new Set(["className", "id", "htmlFor", "style", "d", "key", "type", "role", "href", "src", "name"]);
/** Proper names, signs and codes that are the same in every language. */
const SAME_EVERYWHERE = new Set(["HemaView", "px", "mm", "mm²", "µm", "µm²", "kB", "MB", "GB", "10⁹/L", "S", "M", "L"]);
/** Keys as browsers call them, methods and headers: they begin like words. */
const CODE =
  /^(Enter|Escape|Backspace|Delete|Tab|Home|End|Page(Up|Down)|Arrow\w+|POST|GET|PUT|PATCH|DELETE|Content-Type|X-CSRFToken)$/;
/** Fonts, selectors, shaders, parts of cookies. */
const WRITTEN_FOR_MACHINES = /system-ui|\[[\w-]+(=[\w-]+)?\]|^#version|^; /;

/** Whether a string between quotes is written for people: words with a space between them, or one capitalised word. */
function isProse(text: string): boolean {
  if (CODE.test(text) || WRITTEN_FOR_MACHINES.test(text) || SAME_EVERYWHERE.has(text.trim())) return false;
  return /\p{L}[.,…:;’)]* +[(“]?\p{L}/u.test(text) || /^[^\p{L}]*\p{Lu}\p{Ll}+[…:.]?$/u.test(text);
}

const hasWords = (text: string): boolean => /\p{L}/u.test(text) && !SAME_EVERYWHERE.has(text.replace(/[×·\s]/g, ""));

/** All phrases of the front end, sorted, and what of it is outside the catalogue. */
export function readFrontEnd(): Reading {
  const sources = import.meta.glob<string>(
    ["../**/*.ts", "../**/*.tsx", "!../**/*.test.*", "!../**/*.gen.ts", "!../bench/**", "!../catalogue/**"],
    { query: "?raw", import: "default", eager: true },
  );
  const all: Reading = { phrases: {}, outside: [], unclear: [] };
  for (const [path, text] of Object.entries(sources)) {
    const one = readSource(path.replace("../", "frontend/"), text);
    for (const [key, english] of Object.entries(one.phrases)) {
      const before = all.phrases[key];
      if (before !== undefined && JSON.stringify(before) !== JSON.stringify(english))
        all.unclear.push(`${path}: “${key}” has other forms elsewhere`);
      all.phrases[key] = english;
    }
    all.outside.push(...one.outside);
    all.unclear.push(...one.unclear);
  }
  all.phrases = Object.fromEntries(Object.entries(all.phrases).sort(([a], [b]) => (a < b ? -1 : 1)));
  return all;
}

/** What one source says; `path` is what its lines are named by. */
export function readSource(path: string, text: string): Reading {
  const kind = path.endsWith("x") ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kind);
  const reading: Reading = { phrases: {}, outside: [], unclear: [] };
  const isCatalogue = /shared\/(catalogue\.ts|rich\.tsx)$/.test(path);
  const at = (node: ts.Node) => `${path}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
  const outside = (node: ts.Node) =>
    reading.outside.push(`${at(node)}: ${node.getText().replace(/\s+/g, " ").trim().slice(0, 100)}`);

  function call(node: ts.CallExpression, name: string): void {
    const forms = TAKES_FORMS.has(name) ? node.arguments.slice(1, 3) : node.arguments.slice(0, 1);
    const literals = forms.flatMap(literalsOf);
    if (literals.some((literal) => literal === null) || !literals.length) {
      if (!isCatalogue) reading.unclear.push(`${at(node)}: ${name}() takes its English between quotes`);
    } else if (TAKES_FORMS.has(name)) {
      const [one, other] = literals as [string, string];
      reading.phrases[one] = { one, other };
    } else for (const literal of literals as string[]) reading.phrases[literal] = literal;
    for (const other of node.arguments.filter((argument) => !forms.includes(argument))) visit(other);
  }

  /** Takes the phrases of a call of the catalogue; false where the node is none. */
  function calls(node: ts.Node): boolean {
    if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return false;
    const name = node.expression.text;
    if (!TAKES_PHRASE.has(name) && !TAKES_FORMS.has(name)) return false;
    call(node, name);
    return true;
  }

  /** Phrases where other strings are not read by people. */
  function phrasesIn(node: ts.Node): void {
    if (!calls(node)) ts.forEachChild(node, phrasesIn);
  }

  function visit(node: ts.Node): void {
    if (ts.isImportDeclaration(node) || ts.isTypeNode(node) || ts.isInterfaceDeclaration(node)) return;
    if (calls(node)) return;
    if (ts.isJsxAttribute(node)) {
      const name = node.name.getText();
      if (NOT_SHOWN.has(name) || name.startsWith("data-")) {
        phrasesIn(node);
        return;
      }
      if (SHOWN.has(name) && node.initializer && wordsIn(node.initializer)) {
        outside(node);
        return;
      }
    }
    if (ts.isJsxText(node) && hasWords(node.text)) outside(node);
    if (isChild(node) && wordsIn(node)) {
      outside(node);
      return;
    }
    if (ts.isStringLiteralLike(node) && isProse(node.text) && !isCode(node)) outside(node);
    if (ts.isTemplateExpression(node) && isSentence(node) && !isCode(node)) outside(node);
    ts.forEachChild(node, visit);
  }
  if (!isCatalogue) visit(source);
  return reading;
}

/** The strings that an expression may stand for: a literal, or either side of a condition; null where it is something else. */
function literalsOf(node: ts.Node): (string | null)[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isConditionalExpression(node)) return [...literalsOf(node.whenTrue), ...literalsOf(node.whenFalse)];
  return [null];
}

/** Whether a literal, or one side of a condition, stands where its words are on the page. */
function wordsIn(node: ts.Node): boolean {
  if (ts.isStringLiteralLike(node)) return hasWords(node.text);
  if (ts.isTemplateExpression(node))
    return [node.head, ...node.templateSpans.map((span) => span.literal)].some((piece) => hasWords(piece.text));
  if (ts.isJsxExpression(node)) return node.expression !== undefined && wordsIn(node.expression);
  if (ts.isConditionalExpression(node)) return wordsIn(node.whenTrue) || wordsIn(node.whenFalse);
  if (ts.isParenthesizedExpression(node)) return wordsIn(node.expression);
  if (ts.isBinaryExpression(node) && /^(&&|\|\||\?\?|\+)$/.test(node.operatorToken.getText()))
    return wordsIn(node.right) || (node.operatorToken.getText() !== "&&" && wordsIn(node.left));
  return false;
}

const isChild = (node: ts.Node): boolean =>
  ts.isJsxExpression(node) && (ts.isJsxElement(node.parent) || ts.isJsxFragment(node.parent));

/** A string that is compared, names a member or a class of CSS, or a fault that developers alone meet (it begins small): no page shows it. */
function isCode(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isCaseClause(parent) || ts.isElementAccessExpression(parent) || ts.isLiteralTypeNode(parent)) return true;
  if (ts.isPropertyAssignment(parent) && parent.name === node) return true;
  if (ts.isNewExpression(parent) && parent.expression.getText() === "Error") return !/^.\p{Lu}/u.test(node.getText());
  if (!ts.isBinaryExpression(parent)) return false;
  return /^[!=]==$/.test(parent.operatorToken.getText()) || /\.className$/.test(parent.left.getText());
}

/** A template with words beside each other that is no address, class, style, shader or drawing. */
function isSentence(node: ts.TemplateExpression): boolean {
  const pieces = [node.head, ...node.templateSpans.map((span) => span.literal)].map((piece) => piece.text);
  const whole = pieces.join("{}");
  if (/^(\/|waiting )/.test(whole) || WRITTEN_FOR_MACHINES.test(whole)) return false;
  return /\p{L}[.,…:;’)]* +[(“]?\p{L}/u.test(whole) || pieces.some((piece) => isProse(piece));
}
