// The audit's page. What a document says only ever becomes text of the page, never markup.
const $ = id => document.getElementById(id);
const local = document.documentElement.dataset.backend === "server";
const NEAR = 3, ALL = 400, LONGEST_LINK = 60000;
let opened = null;     // a file that was chosen, and is not text to be edited
let asked = 0;

$("privacy").textContent = local
  ? "The audit runs in Bakeoff on this machine."
  : "The audit runs in your browser; nothing leaves this machine.";
if (!local) $("file").accept = ".md,.markdown,.txt,.rst,.csv,.tsv,.tex,.html,.htm,.yaml,.yml,.json,.log,.ipynb,.docx,.zip,.gz,.tgz,.tar";

// --- two backends: this machine's Bakeoff, or Python in a worker of the browser
let worker = null, waiting = new Map();
function inBrowser(bytes, name) {
  if (!worker) {
    say("Loading Python for the browser (once, about 6 MB) …");
    worker = new Worker(new URL("worker.mjs", import.meta.url), {type: "module"});
    worker.onmessage = ({data}) => { waiting.get(data.id)?.(data); waiting.delete(data.id); };
    worker.onerror = event => {
      const error = `Python could not be started: ${event.message || "its files are not here"}.`;
      for (const done of waiting.values()) done({failed: error});
      waiting.clear(); worker = null;
    };
  }
  return new Promise(done => {
    const id = ++asked;
    waiting.set(id, done);
    worker.postMessage({id, bytes, name});
  }).then(data => { if (data.failed) throw new Error(data.failed); return JSON.parse(data.told); });
}
async function onThisMachine(bytes, name) {
  const told = await fetch("audit", {method: "POST", body: bytes, headers: {"X-Document": encodeURIComponent(name)}});
  if (!told.ok) throw new Error(`Bakeoff answered ${told.status} ${told.statusText}.`);
  return told.json();
}

async function audit() {
  const kind = $("kind").value;
  const bytes = opened ? opened.bytes : new TextEncoder().encode($("text").value);
  const name = opened ? opened.name : kind || "pasted text";
  if (!bytes.length) { say("Paste a document, or open a file.", true); $("text").focus(); return; }
  say("Auditing …");
  $("run").disabled = true;
  try {
    const told = await (local ? onThisMachine : inBrowser)(bytes, name);
    if (told.error) { $("result").replaceChildren(); say(told.error, true); } else show(told);
  } catch (error) { say(error.message || String(error), true); }
  $("run").disabled = false;
}

// --- the answer: the lines, and the findings under them
function say(text, bad = false) { $("status").textContent = text; $("status").className = bad ? "bad" : ""; }
function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}
// Python counts characters, JavaScript UTF-16 units.
function cut(text, start, length) {
  const all = [...text];
  return [all.slice(0, start), all.slice(start, start + length), all.slice(start + length)].map(p => p.join(""));
}
function show(told) {
  say(told.empty ? `${told.summary}. No figure of this document is one that the audit knows, so silence means nothing.` : told.summary, told.empty);
  const under = Map.groupBy ? Map.groupBy(told.findings, f => f.line)
    : told.findings.reduce((m, f) => m.set(f.line, [...(m.get(f.line) || []), f]), new Map());
  const box = make("div", "lines");
  const few = told.lines.length <= ALL;
  let left = 0;
  const near = new Set([...under.keys()].flatMap(n => Array.from({length: 2 * NEAR + 1}, (_, i) => n - NEAR + i)));
  for (const [number, said, text] of told.lines) {
    if (!few && !near.has(number)) { left += 1; continue; }
    if (left) box.append(make("div", "gap", `${left.toLocaleString()} lines without findings`));
    left = 0;
    const findings = under.get(number) || [];
    box.append(line(said, text, findings));
    for (const finding of findings) box.append(article(finding));
  }
  if (left) box.append(make("div", "gap", `${left.toLocaleString()} lines without findings`));
  const problems = told.problems.map(p => make("p", "hint", `Not read: ${p}`));
  $("result").replaceChildren(box, ...problems);
  $("result").querySelector("article")?.scrollIntoView({block: "nearest"});
}
function line(said, text, findings) {
  const row = make("div", "line"), code = make("code");
  const first = findings.find(f => f.length);
  if (first) {
    const [before, marked, after] = cut(text, first.start, first.length);
    code.append(before, make("mark", "", marked), after);
  } else code.textContent = text;
  row.append(make("b", "", said), code);
  return row;
}
function article(finding) {
  const node = make("article", finding.verdict);
  node.tabIndex = 0;
  const head = make("h2", "", finding.verdict + " ");
  head.append(make("small", "", finding.rule));
  const facts = make("dl");
  for (const [title, text] of finding.details) facts.append(make("dt", "", title), make("dd", "", text));
  node.append(head, make("p", "", finding.message), facts);
  return node;
}

// --- sharing: the document itself, compressed, behind the #, which no browser sends to a server
const through = (bytes, stream) => new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer();
async function link() {
  if (opened) throw new Error("Only text can be shared by a link; this file is not text.");
  const said = new TextEncoder().encode(JSON.stringify({text: $("text").value, kind: $("kind").value}));
  const packed = new Uint8Array(await through(said, new CompressionStream("deflate-raw")));
  const coded = btoa(Array.from(packed, b => String.fromCharCode(b)).join(""));
  const url = `${location.href.split("#")[0]}#d=${coded.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
  if (url.length > LONGEST_LINK) throw new Error("This document is too long for a link; share the file.");
  return url;
}
async function fromLink() {
  const match = /^#d=([\w-]+)$/.exec(location.hash);
  if (!match) return;
  try {
    const packed = Uint8Array.from(atob(match[1].replaceAll("-", "+").replaceAll("_", "/")), c => c.charCodeAt(0));
    const {text, kind} = JSON.parse(new TextDecoder().decode(await through(packed, new DecompressionStream("deflate-raw"))));
    $("text").value = String(text);
    $("kind").value = [...$("kind").options].some(o => o.value === kind) ? kind : "";
    opened = null;
    audit();
  } catch { say("This link is damaged: it holds no document.", true); }
}

// --- files, keys
async function open(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  $("file").value = "";
  let text = null;
  try { text = new TextDecoder("utf-8", {fatal: true}).decode(bytes); } catch { /* not text */ }
  if (text !== null && text.includes("\0")) text = null;
  opened = {bytes, name: file.name};
  $("text").value = text ?? "";
  $("text").placeholder = text === null ? file.name : "";
  if (text !== null && /\.(md|markdown|txt|csv|tex|html?)$/i.test(file.name)) {
    const ending = file.name.split(".").pop().toLowerCase();
    $("kind").value = {csv: "text.csv", tex: "text.tex", html: "text.html", htm: "text.html"}[ending] || "text.md";
    opened = null;
  }
  audit();
}
$("form").addEventListener("submit", event => { event.preventDefault(); audit(); });
$("text").addEventListener("input", () => { opened = null; });
$("file").addEventListener("change", () => { if ($("file").files[0]) open($("file").files[0]); });
$("share").addEventListener("click", async () => {
  try {
    const url = await link();
    history.replaceState(null, "", url);
    try { await navigator.clipboard.writeText(url); say("The link was copied. It holds the document itself."); }
    catch { say("The link is in the address bar. It holds the document itself."); }
  } catch (error) { say(error.message, true); }
});
const main = document.querySelector("main");
addEventListener("dragover", event => { event.preventDefault(); main.classList.add("over"); });
addEventListener("dragleave", () => main.classList.remove("over"));
addEventListener("drop", event => {
  event.preventDefault();
  main.classList.remove("over");
  if (event.dataTransfer.files[0]) open(event.dataTransfer.files[0]);
});
addEventListener("keydown", event => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); audit(); return; }
  if (!["n", "p"].includes(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("textarea, select, input")) return;
  const all = [...document.querySelectorAll("article")];
  const at = all.indexOf(document.activeElement);
  const next = event.key === "n" ? at + 1 : (at < 0 ? all.length : at) - 1;
  all[Math.max(0, Math.min(all.length - 1, next))]?.focus();
});
addEventListener("hashchange", fromLink);
fromLink();
