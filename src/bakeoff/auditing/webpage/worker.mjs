// Python for the browser, with the audit: both come from beside this file, nothing from elsewhere.
import {loadPyodide} from "./pyodide/pyodide.mjs";

const python = (async () => {
  const here = new URL("pyodide/", import.meta.url).href;
  const pyodide = await loadPyodide({indexURL: here});
  const archive = await fetch(new URL("audit.zip", import.meta.url));
  if (!archive.ok) throw new Error("audit.zip is not here");
  pyodide.unpackArchive(await archive.arrayBuffer(), "zip", {extractDir: "/audit"});
  pyodide.runPython("import sys; sys.path.insert(0, '/audit')");
  return pyodide.runPython("from bakeoff.auditing.webpage.answering import answer; lambda b, n: answer(b.to_bytes(), n)");
})();

onmessage = async ({data: {id, bytes, name}}) => {
  try {
    const answer = await python;
    postMessage({id, told: answer(bytes, name)});
  } catch (error) {
    postMessage({id, failed: String(error.message || error).trim().split("\n").pop()});
  }
};
