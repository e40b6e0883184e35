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
  regions();
  addEventListener("resize", regions);
  document.addEventListener("toggle", regions, true);

  const tip = document.getElementById("tip");
  document.addEventListener("pointermove", (event) => {
    const mark = event.target.closest?.(".drawing svg [aria-label][aria-roledescription]");
    const told = mark && !/axis|legend|container/.test(mark.getAttribute("aria-roledescription")) ? mark.getAttribute("aria-label") : "";
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
  document.querySelectorAll(".downloads").forEach((span) => { span.hidden = false; });
  document.addEventListener("click", (event) => {
    const kind = event.target.dataset?.download;
    if (!kind) return;
    const figure = event.target.closest("figure");
    const drawing = drawn(figure);
    if (kind === "svg") save(new Blob([drawing.text], { type: "image/svg+xml" }), `${figure.dataset.name}.svg`);
    else asPng(drawing, `${figure.dataset.name}.png`);
  });

  // A page that follows a running bake-off asks its own server whether there is news.
  if (root.dataset.live) {
    setInterval(async () => {
      try {
        const answer = await fetch("stamp", { cache: "no-store" });
        if (answer.ok && (await answer.text()) !== root.dataset.live) location.reload();
      } catch { /* the server has stopped; what is shown stays */ }
    }, 3000);
  }

  // Folded tables are opened on paper, and closed again after it.
  const folded = [...document.querySelectorAll("details.folded")];
  addEventListener("beforeprint", () => folded.forEach((part) => { part.dataset.was = part.open; part.open = true; }));
  addEventListener("afterprint", () => folded.forEach((part) => { part.open = part.dataset.was === "true"; }));
})();
