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
    document.querySelectorAll(".downloads").forEach((span) => { span.hidden = false; });
    regions();
    place();
  };
  fold();
  dress();

  // A page that follows a running bake-off asks its own server whether there is news, and puts the
  // new text in place of the old: what was open stays open, and what was being read stays in view.
  const parts = [".bar .subtitle", ".contents ol", "main"];
  const update = async () => {
    const answer = await fetch("stamp", { cache: "no-store" });
    if (!answer.ok || (await answer.text()) === root.dataset.live) return;
    const page = await fetch(".", { cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
    if (!fresh.querySelector("main")) return;
    const open = [...document.querySelectorAll("main details")].map((part) => part.open);
    const inView = [...document.querySelectorAll("main section, main figure, main .scroll, main p")]
      .find((part) => part.getBoundingClientRect().bottom > 0);
    const home = inView?.closest("section");
    const depth = home ? [...home.querySelectorAll("*")].indexOf(inView) : -1;
    const from = inView?.getBoundingClientRect().top ?? 0;
    parts.forEach((selector) => document.querySelector(selector).replaceWith(document.adoptNode(fresh.querySelector(selector))));
    root.dataset.live = fresh.documentElement.dataset.live;
    document.title = fresh.title;
    const details = [...document.querySelectorAll("main details")];
    if (details.length === open.length) details.forEach((part, at) => { part.open = open[at]; });
    dress();
    const again = home && document.getElementById(home.id);
    const there = again && (again.querySelectorAll("*")[depth] ?? again);
    if (there) scrollBy({ top: there.getBoundingClientRect().top - from, behavior: "instant" });
  };
  if (root.dataset.live) {
    const soon = () => setTimeout(() => update().catch(() => { /* the server has stopped; what is shown stays */ }).finally(soon), 2000);
    soon();
  }

  // Folded tables are opened on paper, and closed again after it.
  const folded = () => document.querySelectorAll("details.folded");
  addEventListener("beforeprint", () => folded().forEach((part) => { part.dataset.was = part.open; part.open = true; }));
  addEventListener("afterprint", () => folded().forEach((part) => { part.open = part.dataset.was === "true"; }));
})();
