"use strict";
(() => {
  const root = document.documentElement;
  const remembered = {
    get() { try { return localStorage.getItem("bakeoff-theme"); } catch { return null; } },
    set(theme) { try { localStorage.setItem("bakeoff-theme", theme); } catch { /* private window */ } },
  };

  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
  const name = () => { button.textContent = isDark() ? "Light" : "Dark"; button.setAttribute("aria-label", `Switch to the ${isDark() ? "light" : "dark"} theme`); };
  const kept = remembered.get();
  if (kept === "dark" || kept === "light") root.dataset.theme = kept;
  name();
  button.hidden = false;
  button.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; remembered.set(root.dataset.theme); name(); });
  system.addEventListener("change", name);

  // Only what really scrolls needs to be reached by the keyboard.
  const regions = () => document.querySelectorAll(".scroll, pre").forEach((box) => {
    if (box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  });
  addEventListener("resize", regions);
  document.addEventListener("toggle", regions, true);

  // Labels belong to points: between them the nearest one speaks, and its place is marked by itself.
  const tip = document.getElementById("tip");
  const labelled = ".drawing svg [aria-label][aria-roledescription]";
  const isMark = (node) => !/axis|legend|container|title/.test(node.getAttribute("aria-roledescription"));
  const REACH = 40;
  const nearest = (svg, x, y) => {
    let found = null, least = REACH;
    svg.querySelectorAll("[aria-label][aria-roledescription]").forEach((node) => {
      if (!isMark(node)) return;
      const box = node.getBoundingClientRect();
      const away = Math.hypot(box.x + box.width / 2 - x, box.y + box.height / 2 - y);
      if (away < least) { least = away; found = node; }
    });
    return found;
  };
  document.addEventListener("pointermove", (event) => {
    const over = event.target.closest?.(labelled);
    const svg = event.target.closest?.(".drawing svg");
    const mark = over && isMark(over) ? over : svg && nearest(svg, event.clientX, event.clientY);
    const told = mark ? mark.getAttribute("aria-label") : "";
    tip.hidden = !told;
    if (!told) return;
    tip.textContent = told;
    const box = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(8, Math.min(event.clientX + 14, innerWidth - box.width - 8))}px`;
    tip.style.top = `${event.clientY + 18 + box.height > innerHeight ? event.clientY - box.height - 10 : event.clientY + 18}px`;
  });

  const drawn = (figure) => {
    const svg = [...figure.querySelectorAll(".drawing svg")].find((found) => found.getClientRects().length);
    const colours = getComputedStyle(root);
    const copy = svg.cloneNode(true);
    const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
    copy.setAttribute("width", width);
    copy.setAttribute("height", height);
    copy.removeAttribute("style");
    const text = new XMLSerializer().serializeToString(copy)
      .replace(/var\(--([a-z0-9-]+)\)/g, (_, key) => colours.getPropertyValue(`--${key}`).trim())
      .replace(/(<svg[^>]*>)/, `$1<rect width="100%" height="100%" fill="${colours.getPropertyValue("--ground").trim()}"/>`);
    return { text, width, height };
  };
  const save = (blob, file) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const asPng = ({ text, width, height }, file) => {
    const image = new Image();
    image.onload = () => {
      const canvas = document.createElement("canvas");
      canvas.width = width * 2;
      canvas.height = height * 2;
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((blob) => save(blob, file));
    };
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  };
  document.addEventListener("click", (event) => {
    const kind = event.target.dataset?.download;
    if (!kind) return;
    const figure = event.target.closest("figure");
    const drawing = drawn(figure);
    if (kind === "svg") save(new Blob([drawing.text], { type: "image/svg+xml" }), `${figure.dataset.name}.svg`);
    else asPng(drawing, `${figure.dataset.name}.png`);
  });

  // Charts of the same figures take turns: one word of each switch says which is shown.
  const show = (views) => {
    const word = (group) => group.querySelector("[aria-pressed=true]").dataset.word;
    const view = [...views.querySelectorAll(".switch")].map(word).join(" ");
    views.querySelectorAll("figure").forEach((figure) => { figure.hidden = figure.dataset.view !== view; });
    veil(views);
  };
  // An arm that is not wanted in a chart is hidden in all drawings that share its legend.
  const veil = (scope) => scope.querySelectorAll(".legend button").forEach((entry) => {
    const colour = `var(--arm-${entry.dataset.arm})`;
    const off = entry.getAttribute("aria-pressed") === "false";
    scope.querySelectorAll(`.drawing svg [stroke="${colour}"], .drawing svg [fill="${colour}"]`).forEach((mark) => { mark.style.display = off ? "none" : ""; });
  });
  document.addEventListener("click", (event) => {
    const chosen = event.target.closest?.(".switch button");
    if (chosen) {
      chosen.parentElement.querySelectorAll("button").forEach((one) => one.setAttribute("aria-pressed", one === chosen));
      show(chosen.closest(".views"));
    }
    const entry = event.target.closest?.(".legend button");
    if (entry) {
      entry.setAttribute("aria-pressed", entry.getAttribute("aria-pressed") === "false");
      veil(entry.closest(".views") ?? entry.closest("figure"));
    }
  });

  // Tables are sorted by a click on a column, and copied for a sheet, a page or a paper.
  const cells = (row) => [...row.cells].map((cell) => (cell.firstElementChild?.matches("button.sort") ? cell.firstElementChild : cell).textContent.trim().replace(/\s+/g, " "));
  const number = (text) => {
    const found = text.replace(/\u2212/g, "-").replace(/(\d),(?=\d{3})/g, "$1").match(/[-+]?\d+(\.\d+)?/);
    return found ? Number(found[0]) : null;
  };
  const sort = (head) => {
    const down = head.getAttribute("aria-sort") === "ascending";
    const at = head.cellIndex, body = head.closest("table").tBodies[0];
    const numeric = head.classList.contains("number");
    const value = (row) => { const text = cells(row)[at]; return numeric ? number(text) : text; };
    const rows = [...body.rows].map((row) => [value(row), row]);
    // What has no figure stays last either way.
    rows.sort(([a], [b]) => a === null ? (b === null ? 0 : 1) : b === null ? -1
      : (numeric ? a - b : a.localeCompare(b, undefined, { numeric: true })) * (down ? -1 : 1));
    head.parentElement.querySelectorAll("th").forEach((one) => one.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...rows.map(([, row]) => row));
  };
  const latex = (text) => text.replace(/[\\{}$&#%_^~]/g, (c) => ({ "\\": "\\textbackslash{}", "^": "\\textasciicircum{}", "~": "\\textasciitilde{}" })[c] ?? `\\${c}`)
    .replace(/\u2212/g, "$-$").replace(/ ?\u00b1 ?/g, " $\\pm$ ").replace(/\u25b2/g, "$\\blacktriangle$").replace(/\u25bc/g, "$\\blacktriangledown$").replace(/\u2013/g, "--").replace(/</g, "$<$");
  const written = {
    CSV: (rows) => rows.map((row) => row.map((cell) => /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell).join(",")).join("\n"),
    Markdown: ([head, ...rows], table) => [head, head.map((_, at) => table.tHead.rows[0].cells[at].classList.contains("number") ? "---:" : "---"), ...rows]
      .map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`).join("\n"),
    LaTeX: ([head, ...rows], table) => {
      const heads = [...table.tHead.rows[0].cells];
      const best = heads.map((one, at) => {
        const found = rows.map((row) => number(row[at])).filter((value) => value !== null);
        return !one.dataset.best || !found.length ? null : one.dataset.best === "low" ? Math.min(...found) : Math.max(...found);
      });
      const caption = table.caption.textContent.trim().replace(/\s+/g, " ");
      const label = caption.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 40);
      const cell = (text, at) => best[at] !== null && number(text) === best[at] ? `\\textbf{${latex(text)}}` : latex(text);
      return ["\\begin{table}", "  \\centering", `  \\caption{${latex(caption)}}`, `  \\label{tab:${label}}`,
        `  \\begin{tabular}{${heads.map((one) => one.classList.contains("number") ? "r" : "l").join("")}}`, "    \\toprule",
        `    ${head.map(latex).join(" & ")} \\\\`, "    \\midrule",
        ...rows.map((row) => `    ${row.map(cell).join(" & ")} \\\\`), "    \\bottomrule", "  \\end{tabular}", "\\end{table}"].join("\n");
    },
  };
  const copy = async (button) => {
    const table = button.closest(".copying").previousElementSibling.querySelector("table");
    const rows = [table.tHead.rows[0], ...table.tBodies[0].rows].map(cells);
    const text = written[button.textContent](rows, table);
    try { await navigator.clipboard.writeText(text); } catch {
      const area = document.body.appendChild(Object.assign(document.createElement("textarea"), { value: text }));
      area.select(); document.execCommand("copy"); area.remove();
    }
    const summary = button.closest("details").querySelector("summary");
    summary.textContent = "Copied";
    setTimeout(() => { summary.textContent = "Copy"; }, 1500);
  };
  document.addEventListener("click", (event) => {
    const head = event.target.closest?.("button.sort");
    if (head) sort(head.parentElement);
    const button = event.target.closest?.(".copying button");
    if (button) copy(button);
  });
  const tables = () => document.querySelectorAll("table[data-copy]").forEach((table) => {
    if (table.dataset.dressed) return;
    table.dataset.dressed = "1";
    if (table.tBodies[0].rows.length > 1) [...table.tHead.rows[0].cells].forEach((head) => {
      if (!head.textContent.trim()) return;
      const button = Object.assign(document.createElement("button"), { type: "button", className: "sort", textContent: head.textContent });
      head.replaceChildren(button);
    });
    const under = Object.assign(document.createElement("div"), { className: "copying" });
    const menu = document.createElement("details");
    menu.append(Object.assign(document.createElement("summary"), { textContent: "Copy" }));
    menu.firstChild.setAttribute("aria-label", `Copy the table: ${table.caption.textContent.trim()}`);
    Object.keys(written).forEach((kind) => menu.append(Object.assign(document.createElement("button"), { type: "button", textContent: kind })));
    under.append(menu);
    table.closest(".scroll").after(under);
  });

  // Mistakes are filtered by who was right, the class, and who was wrong; more come on request.
  const sift = (browser) => {
    const asked = Object.fromEntries([...browser.querySelectorAll("select")].map((one) => [one.dataset.filter, one.value]));
    const fits = (item) => (!asked.who || [...asked.who].every((wanted, at) => wanted === "." || item.dataset.outcomes[at] === wanted))
      && (!asked.label || item.dataset.label === asked.label)
      && (!asked.arm || item.dataset.outcomes[asked.arm] === "w");
    const anything = Object.values(asked).some(Boolean);
    const more = browser.querySelector("details.more");
    if (more && anything) more.open = true;
    const items = [...browser.querySelectorAll(".gallery > li")];
    items.forEach((item) => { item.hidden = !fits(item); });
    const shown = items.filter((item) => !item.hidden).length;
    browser.querySelector(".count").textContent = anything ? `${shown} of ${items.length} images` : "";
  };
  document.addEventListener("change", (event) => {
    const browser = event.target.closest?.(".filters")?.closest(".browser");
    if (browser) sift(browser);
  });

  // On a phone the contents are folded away until asked for; beside the text they always show.
  const beside = matchMedia("(min-width: 68rem)");
  const contents = () => document.querySelector(".contents details");
  const fold = () => { contents().open = beside.matches; };
  beside.addEventListener("change", fold);
  document.addEventListener("click", (event) => {
    if (!beside.matches && event.target.closest?.(".contents a")) contents().open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !beside.matches && contents().open) { contents().open = false; contents().firstElementChild.focus(); }
  });

  // The contents mark the section that is being read.
  let reading = null;
  const place = () => {
    reading = null;
    const sections = [...document.querySelectorAll("main > section")];
    const above = sections.filter((section) => section.getBoundingClientRect().top < innerHeight / 3);
    const now = (above.pop() ?? sections[0])?.id;
    document.querySelectorAll(".contents a").forEach((link) => {
      if (link.hash === `#${now}`) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
    });
  };
  addEventListener("scroll", () => { reading ??= requestAnimationFrame(place); }, { passive: true });

  // What the script adds to the text; done again when a live page has new text.
  const dress = () => {
    document.querySelectorAll(".downloads, .switches, .filters").forEach((span) => { span.hidden = false; });
    tables();
    regions();
    place();
  };
  fold();
  dress();

  // A page that follows a running bake-off asks its own server whether there is news, and puts the
  // new text in place of the old: what was open stays open, and what was being read stays in view.
  const parts = [".bar .subtitle", ".contents ol", "main"];
  // Each by its section, its place there and its title: a page with one more run has more of them.
  const folds = () => new Map([...document.querySelectorAll("main details")].map((part) => {
    const home = part.closest("section");
    const title = part.querySelector("summary")?.textContent.trim();
    const alike = [...(home ?? document).querySelectorAll("details")]
      .filter((other) => other.querySelector("summary")?.textContent.trim() === title);
    return [`${home?.id}/${title}/${alike.indexOf(part)}`, part];
  }));
  // Kept over all updates: a part that one page lacks comes back as it was left.
  const left = new Map();
  const update = async () => {
    const answer = await fetch("stamp", { cache: "no-store" });
    if (!answer.ok || (await answer.text()) === root.dataset.live) return;
    const page = await fetch(".", { cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
    if (!fresh.querySelector("main")) return;
    folds().forEach((part, name) => left.set(name, part.open));
    const inView = [...document.querySelectorAll("main section, main figure, main .scroll, main p")]
      .find((part) => part.getBoundingClientRect().bottom > 0);
    const home = inView?.closest("section");
    const depth = home ? [...home.querySelectorAll("*")].indexOf(inView) : -1;
    const from = inView?.getBoundingClientRect().top ?? 0;
    parts.forEach((selector) => document.querySelector(selector).replaceWith(document.adoptNode(fresh.querySelector(selector))));
    root.dataset.live = fresh.documentElement.dataset.live;
    document.title = fresh.title;
    dress();
    folds().forEach((part, name) => { if (left.has(name)) part.open = left.get(name); });
    const again = home && document.getElementById(home.id);
    const there = again && (again.querySelectorAll("*")[depth] ?? again);
    if (there) scrollBy({ top: there.getBoundingClientRect().top - from, behavior: "instant" });
  };
  const follow = async () => {
    const answer = await fetch("progress", { cache: "no-store" });
    const now = answer.ok ? await answer.json() : {};
    const bar = document.querySelector(".following");
    bar.hidden = !now.told;
    if (!now.told) return;
    bar.querySelector("progress").value = now.share;
    if (bar.lastElementChild.textContent !== now.told) bar.lastElementChild.textContent = now.told;
  };
  if (root.dataset.live) {
    follow().catch(() => { /* the next one may come through */ });
    const soon = () => setTimeout(() => follow().then(update).catch(() => { /* the server has stopped; what is shown stays */ }).finally(soon), 2000);
    soon();
  }
})();
